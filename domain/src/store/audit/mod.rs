//! The audit log: what transactions note, how entries are tied to each other, and how a log is
//! checked and shortened.

mod chain;
mod journal;
mod retention;
mod verification;

pub(super) use journal::{Journal, LARGEST_SMALL_CHANGE};
pub use verification::{Fault, LogReport};

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::choice::AuditOutcome;
use sea_orm::DatabaseTransaction;

use self::{chain::Draft, journal::Noted};
use super::Store;
use crate::{Result, account::Vault, audit::Occasion};

/// The audit logs of all organizations.
#[derive(Clone, Copy)]
pub struct Log<'s> {
    store: &'s Store,
}

impl Store {
    /// The audit logs of all organizations, for the operator and for upkeep.
    pub const fn audit_log(&self) -> Log<'_> {
        Log { store: self }
    }
}

impl Log<'_> {
    /// Notes that whoever asks was not allowed to. In a transaction of its own, since the refused
    /// one is undone. Nothing is noted of somebody who belongs to no organization.
    pub async fn note_refusal(self, occasion: Arc<Occasion>) -> Result<()> {
        let Some((organization, target)) = occasion.refused_in() else { return Ok(()) };
        let connection = self.store.begin().await?;
        let noted = Noted { target_id: target, ..Noted::nothing(organization) };
        let asking = occasion.asking();
        let draft = Draft { outcome: AuditOutcome::Refused, occasion, asking, noted };
        chain::append(&connection, self.store.clock.now(), &self.store.vault, draft).await?;
        connection.commit().await?;
        Ok(())
    }
}

/// Writes what a transaction changed into the logs of the organizations concerned: one entry for
/// each, in the same transaction, as its last work, so that the heads of the logs are held for the
/// time of the commit only.
pub(super) async fn write(
    connection: &DatabaseTransaction,
    now: DateTime<Utc>,
    vault: &Vault,
    user: Option<i64>,
    journal: Journal,
) -> Result<()> {
    let occasion = Occasion::current().unwrap_or_else(|| Arc::new(Occasion::of("system")));
    let mut asking = occasion.asking();
    asking.user = asking.user.or(user);
    for noted in journal.by_organization() {
        let draft = Draft {
            outcome: AuditOutcome::Done,
            occasion: Arc::clone(&occasion),
            asking: asking.clone(),
            noted,
        };
        chain::append(connection, now, vault, draft).await?;
    }
    Ok(())
}
