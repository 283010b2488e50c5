//! The time, from one place that tests can set.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Where the time comes from. Clones of a settable clock share its time.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The time of the operating system.
    #[default]
    System,
    /// A time that stands still until it is set, for tests.
    Settable(SetTime),
}

/// The time of a settable clock, in microseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct SetTime(Arc<AtomicI64>);

impl Clock {
    /// A clock that shows `time` until it is set again.
    pub fn settable(time: DateTime<Utc>) -> Self {
        Self::Settable(SetTime(Arc::new(AtomicI64::new(time.timestamp_micros()))))
    }

    /// The time in UTC, truncated to microseconds, as precise as both databases keep it.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Settable(time) => time.get(),
        }
    }

    /// Moves a settable clock forward (or back). The system clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Settable(time) = self {
            time.0.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// Sets a settable clock. The system clock stays as it is.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Settable(time) = self {
            time.0.store(to.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

impl SetTime {
    fn get(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap_or_default()
    }
}
