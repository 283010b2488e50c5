//! The time, from the system or set by a test.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time. Every rule asks it instead of the system, so that tests can set it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds by which this clock is ahead of the system.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The system's time.
    pub fn system() -> Self {
        Self::default()
    }

    /// The current time in UTC, in whole microseconds, as both databases store it.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed));
        (Utc::now() + ahead).trunc_subsecs(6)
    }

    /// Moves this clock and all its copies forward.
    pub fn advance(&self, by: TimeDelta) {
        let microseconds = by.num_microseconds().unwrap_or(i64::MAX);
        self.ahead.fetch_add(microseconds, Ordering::Relaxed);
    }
}
