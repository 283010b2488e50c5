//! Entries and how they are tied to each other.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use entity::{Document, Id, audit_chain, audit_entry, choice::AuditOutcome, organization};
use sea_orm::{
    ActiveEnum as _, ActiveModelTrait as _, ActiveValue::Set, ColumnTrait as _,
    DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QuerySelect as _, sea_query::OnConflict,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::journal::Noted;
use crate::{
    Error, Result,
    account::Vault,
    audit::{Asking, Occasion},
    text::hexadecimal,
};

/// An entry before it has its place.
pub(super) struct Draft {
    pub(super) outcome: AuditOutcome,
    pub(super) occasion: Arc<Occasion>,
    pub(super) asking: Asking,
    pub(super) noted: Noted,
}

/// Adds an entry to the log of its organization, whose head is held until the commit.
pub(super) async fn append(
    connection: &DatabaseTransaction,
    now: DateTime<Utc>,
    vault: &Vault,
    draft: Draft,
) -> Result<()> {
    let head = hold_head(connection, draft.noted.organization).await?;
    let row = row(&head, now, vault, draft);
    audit_entry::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

/// The head of a log, held until the commit. Made when the first entry is written.
pub(super) async fn hold_head(
    connection: &DatabaseTransaction,
    organization: Id<organization::Entity>,
) -> Result<audit_chain::Model> {
    if let Some(head) = head(connection, organization).await? {
        return Ok(head);
    }
    let first = audit_chain::ActiveModel {
        organization_id: Set(organization),
        position: Set(0),
        hash: Set(String::new()),
        anchor_position: Set(0),
        anchor_hash: Set(String::new()),
        ..Default::default()
    };
    audit_chain::Entity::insert_many([first])
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    let head = head(connection, organization).await?;
    head.ok_or_else(|| Error::Internal("the audit log has no head".to_owned()))
}

async fn head(
    connection: &DatabaseTransaction,
    organization: Id<organization::Entity>,
) -> Result<Option<audit_chain::Model>> {
    let head =
        audit_chain::Entity::find().filter(audit_chain::Column::OrganizationId.eq(organization));
    Ok(head.lock_exclusive().one(connection).await?)
}

fn row(
    head: &audit_chain::Model,
    now: DateTime<Utc>,
    vault: &Vault,
    draft: Draft,
) -> audit_entry::ActiveModel {
    let Draft { outcome, occasion, asking, noted } = draft;
    let mut entry = audit_entry::Model {
        id: Id::trusted(0),
        organization_id: head.organization_id,
        position: head.position + 1,
        happened_at: now.trunc_subsecs(6),
        user_id: asking.user,
        api_token_id: asking.api_token,
        operation: occasion.operation.clone(),
        outcome,
        target_type: noted.target_type,
        target_id: noted.target_id.or_else(|| occasion.target.clone()),
        threat_model_id: noted.threat_model,
        address: occasion.address.clone(),
        user_agent: occasion.short_user_agent(),
        request_id: occasion.request_id.clone(),
        trace_id: occasion.trace_id.clone(),
        changes: Document::from(noted.changes),
        hash: String::new(),
        signature: String::new(),
    };
    entry.hash = hash(&entry, &head.hash);
    entry.signature = vault.sign(entry.hash.as_bytes());
    let mut row = entry.into_active_model().reset_all();
    row.id = sea_orm::ActiveValue::NotSet;
    row
}

/// SHA-256 in hexadecimal digits over a JSON array of the hash of the entry before and all values
/// of the entry.
pub(super) fn hash(entry: &audit_entry::Model, before: &str) -> String {
    let values = json!([
        before,
        entry.organization_id,
        entry.position,
        entry.happened_at.timestamp_micros(),
        entry.user_id,
        entry.api_token_id,
        entry.operation,
        entry.outcome.to_value(),
        entry.target_type,
        entry.target_id,
        entry.threat_model_id,
        entry.address,
        entry.user_agent,
        entry.request_id,
        entry.trace_id,
        entry.changes.0.to_string(),
    ]);
    hexadecimal(&Sha256::digest(values.to_string().as_bytes()))
}
