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
    /// Microseconds by which the system's time is behind that of the database.
    correction: Arc<AtomicI64>,
}

impl Clock {
    /// The system's time.
    pub fn system() -> Self {
        Self::default()
    }

    /// The current time in UTC, in whole microseconds, as both databases store it.
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let correction = self.correction.load(Ordering::Relaxed);
        (self.system_time() + TimeDelta::microseconds(ahead + correction)).trunc_subsecs(6)
    }

    /// What the system says, uncorrected.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn system_time(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// Corrects this clock and all its copies; replaces the last correction.
    pub fn correct(&self, by: TimeDelta) {
        let microseconds = by.num_microseconds().unwrap_or_default();
        self.correction.store(microseconds, Ordering::Relaxed);
    }

    /// Moves this clock and all its copies forward.
    pub fn advance(&self, by: TimeDelta) {
        let microseconds = by.num_microseconds().unwrap_or(i64::MAX);
        self.ahead.fetch_add(microseconds, Ordering::Relaxed);
    }
}
