//! Removing what has expired, whomever it belonged to.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{idempotency_key, mail_quota, one_time_token, session};
use sea_orm::{ColumnTrait as _, DatabaseConnection, EntityTrait, QueryFilter as _};

use super::Store;
use crate::{Clock, Result};

/// Sessions are kept a while after their end, so that a late token is told why it is refused.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(1);

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// What has expired, in all organizations.
#[derive(Clone, Copy)]
pub struct Upkeep<'s> {
    connection: &'s DatabaseConnection,
    clock: &'s Clock,
}

impl Store {
    /// What has expired, in all organizations, to be removed.
    pub const fn upkeep(&self) -> Upkeep<'_> {
        Upkeep { connection: &self.connection, clock: &self.clock }
    }
}

impl Upkeep<'_> {
    /// Removes expired sessions, links and remembered answers. Returns how many rows.
    pub async fn remove_expired(self) -> Result<u64> {
        let now = self.clock.now();
        let sessions =
            self.remove::<session::Entity>(session::Column::ExpiresAt, now - SESSIONS_KEPT).await?;
        let links =
            self.remove::<one_time_token::Entity>(one_time_token::Column::ExpiresAt, now).await?;
        let answers =
            self.remove::<idempotency_key::Entity>(idempotency_key::Column::ExpiresAt, now).await?;
        let quotas = self.remove_quotas(now).await?;
        Ok(sessions + links + answers + quotas)
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
