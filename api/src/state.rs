//! What every handler may use.

use std::sync::Arc;

use domain::{Store, account::Accounts, library::Catalogue};
use platform::{Settings, Storage};
use worker::Queue;

use crate::limits::Limits;

/// The parts of a running API. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub store: Store,
    /// Signing in, tokens, and the keys of the installation.
    pub accounts: Arc<Accounts>,
    /// The packs that can be imported.
    pub catalogue: Catalogue,
    /// Uploaded files.
    pub storage: Storage,
    /// The effective settings.
    pub settings: Arc<Settings>,
    /// Where jobs go, and where the news of their end comes from.
    pub queue: Queue,
    /// How often clients may try to sign in and the like.
    pub limits: Arc<Limits>,
}
