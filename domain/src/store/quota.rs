//! Counting the mails that users cause, by hours.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::mail_quota::{ActiveModel, Column, Entity};
use sea_orm::{
    ActiveValue::Set,
    DatabaseTransaction, EntityTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use super::{IdentityChanges, Transaction};
use crate::{Error, Result, sharing::allowance::Spending};

const HOUR: i64 = 3600;

impl Transaction<'_> {
    /// Uses up what is allowed in this hour. Counts only if this transaction is committed.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when nothing is left.
    pub async fn spend(&self, spendings: Vec<Spending>) -> Result<()> {
        spend(self.connection().await?, self.now(), spendings).await
    }
}

impl IdentityChanges<'_> {
    /// Uses up what is allowed in this hour. Counts only if these changes are committed.
    ///
    /// # Errors
    /// [`Error::Exhausted`] when nothing is left.
    pub async fn spend(&self, spendings: Vec<Spending>) -> Result<()> {
        spend(&self.connection, self.now(), spendings).await
    }
}

async fn spend(
    connection: &DatabaseTransaction,
    now: DateTime<Utc>,
    spendings: Vec<Spending>,
) -> Result<()> {
    let hour = now.timestamp().div_euclid(HOUR);
    for spending in spendings {
        let row = ActiveModel {
            key: Set(spending.key),
            hour: Set(hour),
            used: Set(spending.mails),
            ..ActiveModel::default()
        };
        let add = OnConflict::columns([Column::Key, Column::Hour])
            .value(Column::Used, Expr::col((Entity, Column::Used)).add(spending.mails))
            .to_owned();
        let rows =
            Entity::insert_many([row]).on_conflict(add).exec_with_returning(connection).await?;
        if rows.iter().any(|row| row.used > spending.most) {
            return Err(Error::Exhausted(until_next_hour(now)));
        }
    }
    Ok(())
}

fn until_next_hour(now: DateTime<Utc>) -> Duration {
    let rest = HOUR - now.timestamp().rem_euclid(HOUR);
    Duration::from_secs(rest.unsigned_abs())
}
