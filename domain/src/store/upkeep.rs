//! Removing what has expired, whomever it belonged to.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Id, api_token, choice::ExportState, idempotency_key, mail_quota, one_time_token, organization,
    report_export, session, threat_model_snapshot,
};
use sea_orm::{
    ColumnTrait as _, DatabaseConnection, EntityTrait, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use super::Store;
use crate::{Clock, Result, report::trends};

/// Sessions are kept a while after their end, so that a late token is told why it is refused.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(1);

/// Expired personal tokens are kept a while, so that their owners see why they are refused.
const API_TOKENS_KEPT: TimeDelta = TimeDelta::days(7);

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How many report files are removed at one time.
const EXPORTS: u64 = 100;

/// What has expired, in all organizations.
#[derive(Clone, Copy)]
pub struct Upkeep<'s> {
    connection: &'s DatabaseConnection,
    clock: &'s Clock,
}

impl Store {
    /// What has expired, in all organizations, to be removed.
    pub const fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { connection: &self.crossing, clock: &self.clock }
    }
}

impl Upkeep<'_> {
    /// Removes expired sessions, tokens, links and remembered answers. Returns how many rows.
    pub async fn remove_expired(self) -> Result<u64> {
        let now = self.clock.now();
        let sessions =
            self.remove::<session::Entity>(session::Column::ExpiresAt, now - SESSIONS_KEPT).await?;
        let tokens = self
            .remove::<api_token::Entity>(api_token::Column::ExpiresAt, now - API_TOKENS_KEPT)
            .await?;
        let links =
            self.remove::<one_time_token::Entity>(one_time_token::Column::ExpiresAt, now).await?;
        let answers =
            self.remove::<idempotency_key::Entity>(idempotency_key::Column::ExpiresAt, now).await?;
        let quotas = self.remove_quotas(now).await?;
        let snapshots = self.remove_snapshots(now).await?;
        Ok(sessions + tokens + links + answers + quotas + snapshots)
    }

    /// All organizations, oldest first.
    pub async fn organizations(self) -> Result<Vec<Id<organization::Entity>>> {
        use organization::{Column, Entity};
        let keys = Entity::find().select_only().column(Column::Id).order_by_asc(Column::Id);
        Ok(keys.into_tuple().all(self.connection).await?)
    }

    /// Some of the report files that have expired. When there is none, there is none left.
    pub async fn expired_exports(self) -> Result<Vec<report_export::Model>> {
        use report_export::{Column, Entity};
        let expired = Entity::find().filter(Column::ExpiresAt.lt(self.clock.now()));
        Ok(expired.limit(EXPORTS).all(self.connection).await?)
    }

    /// Ends report files that have been in the making for a day: their job failed or was cancelled.
    /// Returns how many.
    pub async fn end_stale_exports(self) -> Result<u64> {
        use report_export::{Column, Entity};
        let text = "The report was not made. Ask for another one.";
        let stale = Entity::update_many()
            .col_expr(Column::State, Expr::value(ExportState::Failed))
            .col_expr(Column::Error, Expr::value(text))
            .filter(Column::State.eq(ExportState::Pending))
            .filter(Column::CreatedAt.lt(self.clock.now() - TimeDelta::days(1)));
        Ok(stale.exec(self.connection).await?.rows_affected)
    }

    /// Removes the rows of report files. Returns how many.
    pub async fn forget_exports(self, keys: impl IntoIterator<Item = Uuid>) -> Result<u64> {
        use report_export::{Column, Entity};
        let gone = Entity::delete_many().filter(Column::Id.is_in(keys));
        Ok(gone.exec(self.connection).await?.rows_affected)
    }

    async fn remove_snapshots(self, now: DateTime<Utc>) -> Result<u64> {
        use threat_model_snapshot::{Column, Entity};
        let oldest = trends::day(now - trends::KEPT);
        let old = Entity::delete_many().filter(Column::Day.lt(oldest));
        Ok(old.exec(self.connection).await?.rows_affected)
    }

    async fn remove_quotas(self, now: DateTime<Utc>) -> Result<u64> {
        let yesterday = (now.timestamp() - DAY).div_euclid(HOUR);
        let old = mail_quota::Entity::delete_many().filter(mail_quota::Column::Hour.lt(yesterday));
        Ok(old.exec(self.connection).await?.rows_affected)
    }

    async fn remove<E: EntityTrait>(self, ends: E::Column, before: DateTime<Utc>) -> Result<u64> {
        let removed = E::delete_many().filter(ends.lt(before)).exec(self.connection).await?;
        Ok(removed.rows_affected)
    }
}
