//! Work that is done after the request that asked for it: what it is, how urgent, how often it may
//! fail.
//!
//! A job is a row first: the transaction that decides the work also enqueues it, so that neither
//! exists without the other. A worker performs it at least once, so that handlers must bear being
//! repeated.

mod library;
pub mod mail;
mod status;
mod trace;
mod upkeep;

use std::time::Duration;

use entity::{Id, organization};
use serde::{Serialize, de::DeserializeOwned};

pub use library::{ImportPack, SyncPacks};
pub use status::{cancel, find, list, retry};
pub use trace::current as current_trace;
pub use upkeep::Purge;

/// How urgent a job is; the more urgent is performed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Whenever there is nothing else to do.
    Low = -10,
    /// What most jobs have.
    Normal = 0,
    /// Somebody is waiting for the answer.
    High = 10,
}

impl Priority {
    /// The number that is stored; greater is more urgent.
    pub const fn number(self) -> i32 {
        self as i32
    }
}

/// A kind of work and what it needs. The value is stored as JSON and must hold no secret.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name under which the work is stored. Never changes once released.
    const KIND: &'static str;

    /// How often it is begun at most, counting the first time.
    const MAX_ATTEMPTS: i32 = 5;

    /// How urgent it is.
    const PRIORITY: Priority = Priority::Normal;

    /// After how long one attempt is given up.
    const TIME_LIMIT: Duration = Duration::from_mins(5);

    /// What is left for those who wait for the end. Must hold no secret.
    type Output: Serialize + DeserializeOwned + Send + 'static;

    /// The organization for which the work is done.
    fn organization(&self) -> Option<Id<organization::Entity>> {
        None
    }

    /// Of several unfinished jobs of one kind and one key only the first is kept.
    fn dedupe_key(&self) -> Option<String> {
        None
    }
}

/// The pause before another attempt: 2 seconds after the first failure, then twice as long each
/// time up to ten minutes, up to a fifth more or less by `chance` from 0 to 1, so that jobs that
/// failed together do not return together.
pub fn backoff(failures: i32, chance: f64) -> Duration {
    const LONGEST: f64 = 600.0;
    let pause = 2_f64.powi(failures.clamp(1, 30)).min(LONGEST);
    Duration::from_secs_f64(pause * (0.8 + 0.4 * chance.clamp(0.0, 1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let seconds: Vec<_> = (1..=11).map(|failures| backoff(failures, 0.5).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
    }

    #[test]
    fn chance_spreads_a_pause_by_a_fifth() {
        assert_eq!(backoff(3, 0.0), Duration::from_millis(6400));
        assert_eq!(backoff(3, 1.0), Duration::from_millis(9600));
        assert_eq!(backoff(i32::MAX, 9.0), Duration::from_mins(12));
        assert_eq!(backoff(i32::MIN, -1.0), Duration::from_millis(1600));
    }
}
