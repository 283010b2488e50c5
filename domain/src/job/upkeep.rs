//! Upkeep of the installation.

use serde::{Deserialize, Serialize};

use super::{Job, Priority};

/// Removes what has expired: sessions, tokens and old jobs. Asked for once an hour by whichever
/// process is first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// The hour for which it is done, counted from 1970.
    pub hour: i64,
}

impl Job for Purge {
    const KIND: &'static str = "purge";
    const PRIORITY: Priority = Priority::Idle;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.hour.to_string())
    }
}
