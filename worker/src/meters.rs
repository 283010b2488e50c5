//! What is measured about jobs, for those who watch over OpenTelemetry.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::store::Depth;
use opentelemetry::{
    KeyValue, global,
    metrics::{Gauge, Histogram, Meter},
};

/// The meters of this process. They tell nobody until telemetry was installed.
static OF_PROCESS: LazyLock<Meters> = LazyLock::new(|| Meters::new(&global::meter("forewarn")));

/// Measures of jobs.
pub(crate) struct Meters {
    jobs: Gauge<u64>,
    oldest: Gauge<u64>,
    duration: Histogram<f64>,
    /// Kinds and states that were told once. A gauge keeps its last value until it gets another.
    told: Mutex<HashSet<(String, String)>>,
}

impl Meters {
    /// The meters of this process.
    pub(crate) fn of_process() -> &'static Self {
        &OF_PROCESS
    }

    fn new(meter: &Meter) -> Self {
        Self {
            jobs: meter
                .u64_gauge("forewarn.jobs")
                .with_description("Jobs that wait, run or have failed, by kind and state.")
                .with_unit("{job}")
                .build(),
            oldest: meter
                .u64_gauge("forewarn.jobs.oldest")
                .with_description("How long ago the oldest of these jobs was asked for.")
                .with_unit("s")
                .build(),
            duration: meter
                .f64_histogram("forewarn.job.duration")
                .with_description("How long attempts at jobs took, by kind and outcome.")
                .with_unit("s")
                .build(),
            told: Mutex::default(),
        }
    }

    /// Tells what the ledger holds; kinds and states that are gone have none.
    pub(crate) fn tell_depths(&self, depths: &[Depth], now: DateTime<Utc>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = told.clone();
        for depth in depths {
            let age = u64::try_from((now - depth.oldest).num_seconds()).unwrap_or_default();
            let key = (depth.kind.clone(), depth.state.to_string());
            let labels = labels(&key);
            self.jobs.record(u64::try_from(depth.jobs).unwrap_or_default(), &labels);
            self.oldest.record(age, &labels);
            gone.remove(&key);
            told.insert(key);
        }
        for key in gone {
            self.jobs.record(0, &labels(&key));
            self.oldest.record(0, &labels(&key));
        }
    }

    /// Tells how long an attempt took and how it ended.
    pub(crate) fn tell_attempt(&self, kind: &str, outcome: &'static str, time: Duration) {
        let labels =
            [KeyValue::new("job.kind", kind.to_owned()), KeyValue::new("job.outcome", outcome)];
        self.duration.record(time.as_secs_f64(), &labels);
    }
}

fn labels((kind, state): &(String, String)) -> [KeyValue; 2] {
    [KeyValue::new("job.kind", kind.clone()), KeyValue::new("job.state", state.clone())]
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use domain::store::Depth;
    use entity::choice::JobState;
    use opentelemetry::metrics::MeterProvider as _;
    use opentelemetry_sdk::metrics::{
        InMemoryMetricExporter, PeriodicReader, SdkMeterProvider,
        data::{AggregatedMetrics, GaugeDataPoint, MetricData, ScopeMetrics},
    };

    use super::Meters;

    /// The newest values of a gauge, by its labels.
    fn values(exporter: &InMemoryMetricExporter, name: &str) -> Vec<(String, u64)> {
        let exported = exporter.get_finished_metrics().expect("metrics");
        let newest = exported.last().expect("an export");
        let metric = newest
            .scope_metrics()
            .flat_map(ScopeMetrics::metrics)
            .find(|metric| metric.name() == name)
            .expect("the gauge");
        let AggregatedMetrics::U64(MetricData::Gauge(gauge)) = metric.data() else {
            panic!("{name} is no gauge of numbers");
        };
        let point = |point: &GaugeDataPoint<u64>| {
            let words: Vec<_> = point.attributes().map(|label| label.value.to_string()).collect();
            (words.join(" "), point.value())
        };
        let mut values: Vec<_> = gauge.data_points().map(point).collect();
        values.sort();
        values
    }

    #[test]
    fn depth_and_age_are_told_by_kind_and_state_and_end_when_the_jobs_do() {
        let exporter = InMemoryMetricExporter::default();
        let reader = PeriodicReader::builder(exporter.clone()).build();
        let provider = SdkMeterProvider::builder().with_reader(reader).build();
        let meters = Meters::new(&provider.meter("test"));
        let now = DateTime::UNIX_EPOCH;
        let depth = |kind: &str, state, jobs| Depth {
            kind: kind.to_owned(),
            state,
            jobs,
            oldest: now - TimeDelta::seconds(90),
        };
        let depths =
            [depth("purge", JobState::Failed, 2), depth("send_welcome", JobState::Pending, 7)];
        meters.tell_depths(&depths, now);
        provider.force_flush().expect("flushed");
        let expected = [("purge failed".to_owned(), 2), ("send_welcome pending".to_owned(), 7)];
        assert_eq!(values(&exporter, "forewarn.jobs"), expected);
        assert!(values(&exporter, "forewarn.jobs.oldest").iter().all(|(_, age)| *age == 90));
        meters.tell_depths(&depths[..1], now);
        provider.force_flush().expect("flushed");
        let expected = [("purge failed".to_owned(), 2), ("send_welcome pending".to_owned(), 0)];
        assert_eq!(values(&exporter, "forewarn.jobs"), expected);
    }
}
