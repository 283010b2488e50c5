//! Log lines, traces and measures.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::SdkMeterProvider,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, layer::SubscriberExt as _, registry::LookupSpan, util::SubscriberInitExt as _,
};

use crate::{Settings, configuration::Address, configuration::LogFormat};

/// Parts that would trace their own sending, or fill traces with spans nobody asked for.
const UNTRACED: &str = "info,hyper=off,hyper_util=off,reqwest=off,h2=off,opentelemetry=off,\
                        opentelemetry_sdk=off,opentelemetry_otlp=off,sqlx=off,apalis_core=off,\
                        aide=off";

/// Log lines that say nothing to an operator at the level he asked for.
const QUIET: &str = "apalis_core=warn,aide=warn,opentelemetry=warn,sqlx=warn";

/// How long the end of the process waits for the last spans and measures to be sent.
const FLUSH: Duration = Duration::from_secs(5);

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The collector's address cannot be used.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT {address} cannot be used: {problem}")]
    Exporter {
        /// The address without its password.
        address: Address,
        /// What is wrong with it.
        problem: String,
    },
}

/// Keeps telemetry running; sends what is left when dropped.
#[derive(Debug)]
#[must_use = "spans and measures are lost when this is dropped"]
pub struct Telemetry(Option<Collected>);

/// What goes to a collector.
#[derive(Debug)]
struct Collected {
    traces: SdkTracerProvider,
    measures: SdkMeterProvider,
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        let Some(Collected { traces, measures }) = self.0.take() else { return };
        let ended = [traces.shutdown_with_timeout(FLUSH), measures.shutdown_with_timeout(FLUSH)];
        for error in ended.into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "the last spans or measures could not be sent");
        }
    }
}

/// Starts logging and, when a collector is named, tracing and measuring for the process called
/// `name`. A second call in one process keeps what the first installed.
pub fn install(settings: &Settings, name: &'static str) -> Result<Telemetry, TelemetryError> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let collected = settings.otlp_endpoint.as_ref().map(|address| collected(address, name));
    let collected = collected.transpose()?;
    let traces = collected.as_ref().map(|collected| traces(collected.traces.tracer(name)));
    // Fails only when a subscriber is there already, as in a test that starts several servers.
    let _ = tracing_subscriber::registry().with(lines(settings)).with(traces).try_init();
    Ok(Telemetry(collected))
}

fn lines<S>(settings: &Settings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let levels = format!("{QUIET},{}", settings.log);
    let format = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => format.with_filter(EnvFilter::new(levels)).boxed(),
        LogFormat::Json => {
            format.json().flatten_event(true).with_filter(EnvFilter::new(levels)).boxed()
        }
    }
}

fn traces<S>(tracer: SdkTracer) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(UNTRACED))
}

fn collected(address: &Address, name: &'static str) -> Result<Collected, TelemetryError> {
    let unusable = |problem: String| TelemetryError::Exporter { address: address.clone(), problem };
    // The exporters take addresses as they are, whereas the setting names the part before the path.
    let endpoint = |signal: &str| format!("{}/v1/{signal}", address.reveal().trim_end_matches('/'));
    let resource = Resource::builder().with_service_name(name).build();
    let spans = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint("traces"))
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let metrics = MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint("metrics"))
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let traces = SdkTracerProvider::builder()
        .with_batch_exporter(spans)
        .with_resource(resource.clone())
        .build();
    let measures =
        SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();
    global::set_tracer_provider(traces.clone());
    global::set_meter_provider(measures.clone());
    Ok(Collected { traces, measures })
}
