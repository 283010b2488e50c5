//! Packs that are brought into an organization's library.

use std::time::Duration;

use entity::{Id, organization};
use serde::{Deserialize, Serialize};

use super::{Job, Priority};
use crate::library::{ImportAnswer, Renewal, SyncResult, Synced, Wish};

/// Imports hold the library of their organization and fill the database with rows; more at one
/// time make each of them slower.
const IMPORTS: u32 = 6;

/// Imports one pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPack {
    /// The key of the organization whose library it joins.
    pub organization: i64,
    /// The slug of the pack in the catalogue.
    pub slug: String,
    /// What is wanted.
    pub wish: Wish,
}

impl Job for ImportPack {
    const KIND: &'static str = "import_pack";
    const MAX_ATTEMPTS: i32 = 3;
    const PRIORITY: Priority = Priority::Bulk;
    const CONCURRENCY: Option<u32> = Some(IMPORTS);
    type Output = ImportAnswer;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}

/// Imports all packs of the catalogue: leaves each of them to a [`SyncPack`] and puts together what
/// became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPacks {
    /// The key of the organization whose library they join.
    pub organization: i64,
    /// Whether packs that are imported already are imported again.
    pub renewal: Renewal,
}

impl Job for SyncPacks {
    const KIND: &'static str = "sync_packs";
    const MAX_ATTEMPTS: i32 = 3;
    const PRIORITY: Priority = Priority::Bulk;
    const TIME_LIMIT: Duration = Duration::from_mins(30);
    type Output = SyncResult;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }

    fn dedupe_key(&self) -> Option<String> {
        let renewal = match self.renewal {
            Renewal::Missing => "missing",
            Renewal::Force => "force",
        };
        Some(format!("{}:{renewal}", self.organization))
    }
}

/// Brings one pack up to date, as a part of [`SyncPacks`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncPack {
    /// The key of the organization whose library it joins.
    pub organization: i64,
    /// The slug of the pack in the catalogue.
    pub slug: String,
    /// Whether it is imported again if it is imported already.
    pub renewal: Renewal,
}

impl Job for SyncPack {
    const KIND: &'static str = "sync_pack";
    const MAX_ATTEMPTS: i32 = 3;
    const PRIORITY: Priority = Priority::Bulk;
    const CONCURRENCY: Option<u32> = Some(IMPORTS);
    type Output = Synced;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}
