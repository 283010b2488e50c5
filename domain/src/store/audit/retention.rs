//! Removing entries that are older than their organization keeps them.

use std::sync::Arc;

use chrono::TimeDelta;
use entity::{Id, audit_chain, audit_entry, choice::AuditOutcome, organization};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use serde_json::json;

use super::{
    Log,
    chain::{self, Draft},
    journal::Noted,
};
use crate::{
    Result,
    audit::{Asking, Occasion},
};

/// What the entry is called that tells of a removal.
const OPERATION: &str = "job:purge_audit_log";

impl Log<'_> {
    /// Removes entries that are older than their organization keeps them, and notes in each log
    /// up to where. Returns how many.
    pub async fn remove_old(self) -> Result<u64> {
        use organization::{Column, Entity};
        let keeping: Vec<(Id<Entity>, i32)> = Entity::find()
            .filter(Column::AuditRetentionDays.gt(0))
            .select_only()
            .columns([Column::Id, Column::AuditRetentionDays])
            .into_tuple()
            .all(&self.store.crossing)
            .await?;
        let mut removed = 0;
        for (organization, days) in keeping {
            removed += self.shorten(organization, TimeDelta::days(days.into())).await?;
        }
        Ok(removed)
    }

    async fn shorten(self, organization: Id<organization::Entity>, kept: TimeDelta) -> Result<u64> {
        let now = self.store.clock.now();
        let connection = self.store.begin().await?;
        let Some(last) = last_before(&connection, organization, now - kept).await? else {
            return Ok(0);
        };
        chain::hold_head(&connection, organization).await?;
        audit_chain::Entity::update_many()
            .col_expr(audit_chain::Column::AnchorPosition, Expr::value(last.position))
            .col_expr(audit_chain::Column::AnchorHash, Expr::value(last.hash.clone()))
            .filter(audit_chain::Column::OrganizationId.eq(organization))
            .exec(&connection)
            .await?;
        let gone = audit_entry::Entity::delete_many()
            .filter(audit_entry::Column::OrganizationId.eq(organization))
            .filter(audit_entry::Column::Position.lte(last.position))
            .exec(&connection)
            .await?;
        let draft = told(organization, &last, gone.rows_affected);
        chain::append(&connection, now, &self.store.vault, draft).await?;
        connection.commit().await?;
        Ok(gone.rows_affected)
    }
}

fn told(organization: Id<organization::Entity>, last: &audit_entry::Model, removed: u64) -> Draft {
    let changes = json!({"audit_entry": {
        "removed": removed, "upTo": last.position, "hash": last.hash,
    }});
    Draft {
        outcome: AuditOutcome::Done,
        occasion: Arc::new(Occasion::of(OPERATION)),
        asking: Asking::default(),
        noted: Noted { changes, ..Noted::nothing(organization) },
    }
}

/// The last entry of those at the beginning of a log that are all older than a moment.
async fn last_before(
    connection: &DatabaseTransaction,
    organization: Id<organization::Entity>,
    moment: chrono::DateTime<chrono::Utc>,
) -> Result<Option<audit_entry::Model>> {
    use audit_entry::{Column, Entity};
    let of = || Entity::find().filter(Column::OrganizationId.eq(organization));
    let kept = of()
        .filter(Column::HappenedAt.gte(moment))
        .order_by_asc(Column::Position)
        .one(connection)
        .await?;
    let mut old = of().filter(Column::HappenedAt.lt(moment));
    if let Some(kept) = kept {
        old = old.filter(Column::Position.lt(kept.position));
    }
    Ok(old.order_by_desc(Column::Position).one(connection).await?)
}

/// Up to which place an entry says that entries were removed.
pub(super) fn told_removal(entry: &audit_entry::Model) -> i64 {
    if entry.operation != OPERATION {
        return 0;
    }
    entry.changes.0["audit_entry"]["upTo"].as_i64().unwrap_or_default()
}
