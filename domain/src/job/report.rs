//! Report files, and the figures that they compare.

use std::time::Duration;

use entity::{Id, choice::ExportState, organization};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Job, Priority};

/// Makes a report file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportExport {
    /// The key of the organization.
    pub organization: i64,
    /// The key of the row that says what is wanted.
    pub export: Uuid,
}

/// What became of a report file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The key of its row.
    pub export: Uuid,
    /// Whether it can be downloaded.
    pub state: ExportState,
}

impl Job for ReportExport {
    const KIND: &'static str = "report_export";
    const MAX_ATTEMPTS: i32 = 3;
    const PRIORITY: Priority = Priority::Low;
    /// A report of thousands of threats takes a quarter of a gigabyte while it is made.
    const CONCURRENCY: Option<u32> = Some(1);
    const TIME_LIMIT: Duration = Duration::from_mins(10);
    type Output = Exported;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(self.export.to_string())
    }
}

/// Keeps the figures of all threat models. Asked for once a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakeSnapshots {
    /// The day, in UTC, as `2026-11-23`.
    pub day: String,
}

impl Job for TakeSnapshots {
    const KIND: &'static str = "take_snapshots";
    const PRIORITY: Priority = Priority::Idle;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.day.clone())
    }
}
