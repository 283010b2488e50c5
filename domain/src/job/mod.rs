//! Work that is done after the request that asked for it: what it is, how urgent, how often it may
//! fail.
//!
//! A job is a row first: the transaction that decides the work also enqueues it, so that neither
//! exists without the other. A worker performs it at least once, so that handlers must bear being
//! repeated.

mod library;
pub mod mail;
mod pauses;
mod report;
mod risk;
mod status;
mod trace;
mod upkeep;

use std::time::Duration;

use entity::{Id, organization};
use serde::{Serialize, de::DeserializeOwned};

pub use library::{ImportPack, SyncPack, SyncPacks};
pub use pauses::Pauses;
pub use report::{Exported, ReportExport, TakeSnapshots};
pub use risk::SimulateRisk;
pub use status::{cancel, find, list, retry};
pub use trace::current as current_trace;
pub use upkeep::Purge;

/// How urgent a job is; the more urgent is performed first, whoever asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Whenever there is nothing else to do: upkeep.
    Idle = -30,
    /// Long calculations, such as reports.
    Low = -20,
    /// Bulk work that takes seconds, such as imports.
    Bulk = -10,
    /// Short work, such as mails; what most jobs have.
    Normal = 0,
    /// Short work for which somebody is waiting.
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

    /// How long it waits before it is begun, so that what is corrected at once still counts.
    const DELAY: Duration = Duration::ZERO;

    /// The pauses between attempts.
    const PAUSES: Pauses = Pauses::up_to(Duration::from_mins(10));

    /// Most jobs of this kind that run at one time, in all processes together.
    const CONCURRENCY: Option<u32> = None;

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
