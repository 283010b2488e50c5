//! Whose personal tokens this process has seen, so that their requests can be counted for their
//! users without a look at the database.
//!
//! It says nothing about whether a token still is good: that is looked up on every request.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::account::secret::digest;

/// How many are known at a time. Then all are forgotten, and learned again.
const MANY: usize = 10_000;

/// Users by the digests of their tokens.
#[derive(Debug, Default)]
pub(super) struct Holders(Mutex<HashMap<String, String>>);

impl Holders {
    /// Whose token it is, if it was seen before.
    pub(super) fn user(&self, token: &str) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&digest(token)).cloned()
    }

    /// Learns whose token it is.
    pub(super) fn learn(&self, token: &str, user: String) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            known.clear();
        }
        known.insert(digest(token), user);
    }

    /// Forgets a token that was refused: whoever has it shall not use up what its user may ask.
    pub(super) fn forget(&self, token: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&digest(token));
    }
}
