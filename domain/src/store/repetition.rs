//! Requests that a client may repeat: what became of the first one.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Id,
    idempotency_key::{ActiveModel, Column, Entity, Model},
    user,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, DatabaseConnection, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    sea_query::{Expr, OnConflict},
};

use super::Store;
use crate::{Clock, Error, Result, account::Vault};

/// How long an answer is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);

/// After so long a request without an answer counts as abandoned: its process has died. Answers
/// take a minute at most.
const ABANDONED: TimeDelta = TimeDelta::minutes(2);

/// How often a key is looked up while others change it.
const ATTEMPTS: usize = 3;

tokio::task_local! {
    /// The request that is being carried out by this task.
    static UNDER_WAY: Id<Entity>;
}

/// Requests of one user with the keys he gave them.
#[derive(Clone, Copy)]
pub struct Repetitions<'s> {
    connection: &'s DatabaseConnection,
    clock: &'s Clock,
    vault: &'s Arc<Vault>,
    user: Id<user::Entity>,
}

/// What is known of a request.
#[derive(Debug)]
pub enum Begun {
    /// Nothing: it must be carried out now.
    FirstTime(FirstTime),
    /// It was carried out and answered.
    Answered(KeptAnswer),
    /// It is being carried out.
    UnderWay,
    /// It was carried out, and its answer is lost or was too large to be kept.
    AnswerLost,
    /// The key was given to another request.
    Different,
}

/// A request that is carried out for the first time.
#[derive(Clone, Copy, Debug)]
pub struct FirstTime {
    id: Id<Entity>,
    since: DateTime<Utc>,
}

/// The answer to the first request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status code.
    pub status: u16,
    /// Headers and body in a form of the caller's choice. Stored encrypted.
    pub content: String,
}

impl Store {
    /// Requests that this user may repeat.
    pub const fn repetitions(&self, user: Id<user::Entity>) -> Repetitions<'_> {
        Repetitions { connection: &self.crossing, clock: &self.clock, vault: &self.vault, user }
    }
}

impl FirstTime {
    /// Carries the request out. Its first commit notes with its changes that they were made, so
    /// that they are not made again if the answer is lost.
    pub async fn carry_out<T>(self, work: impl Future<Output = T>) -> T {
        UNDER_WAY.scope(self.id, work).await
    }
}

impl Repetitions<'_> {
    /// Looks a key up, and takes it if it is free. `content` is all that makes the request.
    pub async fn begin(self, key: &str, content: &[u8]) -> Result<Begun> {
        for _ in 0..ATTEMPTS {
            if let Some(first) = self.take(key, content).await? {
                return Ok(Begun::FirstTime(first));
            }
            let Some(row) = self.find(key).await? else { continue };
            if row.expires_at <= self.clock.now() {
                self.remove(row.id, row.created_at).await?;
                continue;
            }
            if !self.vault.has_mark(content, &row.fingerprint) {
                return Ok(Begun::Different);
            }
            if let Some(begun) = self.known(row).await? {
                return Ok(begun);
            }
        }
        Ok(Begun::UnderWay)
    }

    /// Keeps the answer.
    pub async fn keep(self, first: FirstTime, answer: KeptAnswer) -> Result<()> {
        let sealed = self.vault.seal(&answer.content);
        self.settle(first, answer.status, Some(sealed)).await
    }

    /// Notes that there was an answer which is not kept.
    pub async fn keep_status(self, first: FirstTime, status: u16) -> Result<()> {
        self.settle(first, status, None).await
    }

    /// Frees the key of a request that changed nothing, so that it can be sent again. If it did
    /// change something, only the status is kept.
    pub async fn forget(self, first: FirstTime, status: u16) -> Result<()> {
        let freed = Entity::delete_many()
            .filter(Column::Id.eq(first.id))
            .filter(Column::CreatedAt.eq(first.since))
            .filter(Column::CarriedOutAt.is_null())
            .exec(self.connection)
            .await?;
        if freed.rows_affected > 0 {
            return Ok(());
        }
        self.keep_status(first, status).await
    }

    /// What a row tells. `None` when it was freed or taken meanwhile.
    async fn known(self, row: Model) -> Result<Option<Begun>> {
        if let (Some(status), Some(sealed)) = (row.response_status, &row.response_body) {
            let content = self.vault.open(sealed);
            // Fails when the secret was replaced and the old one is not configured any more.
            let Ok(content) = content else { return Ok(Some(Begun::AnswerLost)) };
            let status = u16::try_from(status).unwrap_or_default();
            return Ok(Some(Begun::Answered(KeptAnswer { status, content })));
        }
        if row.response_status.is_some() {
            return Ok(Some(Begun::AnswerLost));
        }
        if row.created_at > self.clock.now() - ABANDONED {
            return Ok(Some(Begun::UnderWay));
        }
        if row.carried_out_at.is_some() {
            return Ok(Some(Begun::AnswerLost));
        }
        self.remove(row.id, row.created_at).await?;
        Ok(None)
    }

    async fn take(self, key: &str, content: &[u8]) -> Result<Option<FirstTime>> {
        let now = self.clock.now();
        let row = ActiveModel {
            user_id: Set(self.user),
            key: Set(key.to_owned()),
            fingerprint: Set(self.vault.mark(content)),
            created_at: Set(now),
            expires_at: Set(now + KEPT),
            ..Default::default()
        };
        let added = Entity::insert_many([row])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_with_returning(self.connection)
            .await?;
        Ok(added.first().map(|row| FirstTime { id: row.id, since: row.created_at }))
    }

    async fn find(self, key: &str) -> Result<Option<Model>> {
        let own = Entity::find().filter(Column::UserId.eq(self.user)).filter(Column::Key.eq(key));
        Ok(own.one(self.connection).await?)
    }

    async fn remove(self, id: Id<Entity>, since: DateTime<Utc>) -> Result<()> {
        Entity::delete_many()
            .filter(Column::Id.eq(id))
            .filter(Column::CreatedAt.eq(since))
            .exec(self.connection)
            .await?;
        Ok(())
    }

    async fn settle(self, first: FirstTime, status: u16, body: Option<String>) -> Result<()> {
        Entity::update_many()
            .filter(Column::Id.eq(first.id))
            .filter(Column::CreatedAt.eq(first.since))
            .col_expr(Column::ResponseStatus, Expr::value(i32::from(status)))
            .col_expr(Column::ResponseBody, Expr::value(body))
            .exec(self.connection)
            .await?;
        Ok(())
    }
}

/// Notes within the changes of a repeatable request that they were made. Fails when the request
/// was taken for abandoned and is carried out elsewhere.
pub(super) async fn note_carried_out(
    transaction: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<()> {
    let Ok(id) = UNDER_WAY.try_with(|id| *id) else { return Ok(()) };
    let noted = Entity::update_many()
        .filter(Column::Id.eq(id))
        .col_expr(Column::CarriedOutAt, Expr::value(now))
        .exec(transaction)
        .await?;
    if noted.rows_affected == 0 {
        return Err(Error::Internal("the request is carried out elsewhere".to_owned()));
    }
    Ok(())
}
