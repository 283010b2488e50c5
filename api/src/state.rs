//! What every handler may use.

use std::sync::Arc;

use domain::{Store, account::Tokens};

/// The parts of a running API. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// Reads and signs access tokens.
    pub tokens: Arc<Tokens>,
}
