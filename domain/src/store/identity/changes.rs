use chrono::{DateTime, Utc};
use entity::{Id, choice::TokenPurpose, one_time_token, session, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};

use super::super::Store;
use crate::{
    Error, Result,
    job::Job,
    store::{ROWS_PER_STATEMENT, ledger, repetition},
};

/// Changes to accounts, sessions and memberships. Dropping it undoes them.
pub struct IdentityChanges<'s> {
    pub(super) store: &'s Store,
    pub(in crate::store) connection: DatabaseTransaction,
}

/// What a new account starts with.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name to sign in with, unique.
    pub username: String,
    /// The address as written.
    pub email: String,
    /// The address for comparison, unique.
    pub email_key: String,
    /// In PHC string format.
    pub password_hash: String,
}

impl<'s> IdentityChanges<'s> {
    pub(super) const fn new(store: &'s Store, connection: DatabaseTransaction) -> Self {
        Self { store, connection }
    }

    /// The time by which rows are dated.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.clock.now()
    }

    /// Makes the changes lasting and wakes whoever carries jobs to the queue.
    pub async fn commit(self) -> Result<()> {
        repetition::note_carried_out(&self.connection, self.now()).await?;
        self.connection.commit().await?;
        self.store.enqueued.notify_one();
        Ok(())
    }

    /// Asks for background work, in the name of nobody in particular.
    pub async fn enqueue<J: Job>(&self, job: &J) -> Result<()> {
        let row = ledger::row(job, self.now(), None)?;
        ledger::insert::<J>(&self.connection, row).await?;
        Ok(())
    }

    /// Asks for several pieces of background work of one kind, in one statement per 500.
    pub async fn enqueue_all<J: Job>(&self, jobs: &[J]) -> Result<()> {
        let now = self.now();
        for chunk in jobs.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|job| ledger::row(job, now, None));
            ledger::insert_many(&self.connection, rows.collect::<Result<_>>()?).await?;
        }
        Ok(())
    }

    /// Adds an active account.
    pub async fn add_user(&self, new: NewUser) -> Result<user::Model> {
        let now = self.now();
        let row = user::ActiveModel {
            username: Set(new.username),
            email: Set(new.email),
            email_key: Set(new.email_key),
            first_name: Set(String::new()),
            last_name: Set(String::new()),
            password_hash: Set(new.password_hash),
            is_active: Set(true),
            email_verified_at: Set(None),
            last_login_at: Set(None),
            joined_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        Ok(row.insert(&self.connection).await?)
    }

    /// A user by key.
    pub async fn user(&self, id: Id<user::Entity>) -> Result<user::Model> {
        let found = user::Entity::find().filter(user::Column::Id.eq(id));
        found.one(&self.connection).await?.ok_or(Error::NotFound)
    }

    /// A user by the normalised address.
    pub async fn user_at(&self, email_key: &str) -> Result<Option<user::Model>> {
        let found = user::Entity::find().filter(user::Column::EmailKey.eq(email_key));
        Ok(found.one(&self.connection).await?)
    }

    /// Whether a user name belongs to somebody else than `except`.
    pub async fn is_username_taken(
        &self,
        username: &str,
        except: Option<Id<user::Entity>>,
    ) -> Result<bool> {
        let found = user::Entity::find().filter(user::Column::Username.eq(username));
        let holder = found.one(&self.connection).await?.map(|holder| holder.id);
        Ok(holder.is_some() && holder != except)
    }

    /// Changes an account.
    pub async fn update_user(
        &self,
        user: user::Model,
        change: impl FnOnce(&mut user::ActiveModel),
    ) -> Result<user::Model> {
        let mut row = user.into_active_model();
        change(&mut row);
        row.updated_at = Set(self.now());
        Ok(row.update(&self.connection).await?)
    }

    /// Begins a session whose refresh token has the given hash.
    pub async fn add_session(
        &self,
        user: Id<user::Entity>,
        refresh_hash: String,
        user_agent: String,
        expires_at: DateTime<Utc>,
    ) -> Result<Id<session::Entity>> {
        let now = self.now();
        let row = session::ActiveModel {
            user_id: Set(user),
            refresh_hash: Set(refresh_hash),
            user_agent: Set(user_agent),
            expires_at: Set(expires_at),
            last_used_at: Set(now),
            revoked_at: Set(None),
            created_at: Set(now),
            ..Default::default()
        };
        Ok(row.insert(&self.connection).await?.id)
    }

    /// Replaces the refresh token of a live session, if it still is the given one. Of two who try
    /// at the same time, one succeeds.
    pub async fn rotate_session(
        &self,
        session: Id<session::Entity>,
        old_hash: &str,
        new_hash: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<bool> {
        let changed = session::Entity::update_many()
            .col_expr(session::Column::RefreshHash, Expr::value(new_hash))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
            .col_expr(session::Column::LastUsedAt, Expr::value(self.now()))
            .filter(session::Column::Id.eq(session))
            .filter(session::Column::RefreshHash.eq(old_hash))
            .filter(session::Column::RevokedAt.is_null())
            .exec(&self.connection)
            .await?;
        Ok(changed.rows_affected == 1)
    }

    /// Ends a session. Returns whether it was live.
    pub async fn end_session(&self, session: Id<session::Entity>) -> Result<bool> {
        let ended = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(self.now()))
            .filter(session::Column::Id.eq(session))
            .filter(session::Column::RevokedAt.is_null())
            .exec(&self.connection)
            .await?;
        Ok(ended.rows_affected == 1)
    }

    /// Ends the sessions of a user, but for `except`.
    pub async fn end_sessions(
        &self,
        user: Id<user::Entity>,
        except: Option<Id<session::Entity>>,
    ) -> Result<()> {
        let mut ending = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(self.now()))
            .filter(session::Column::UserId.eq(user))
            .filter(session::Column::RevokedAt.is_null());
        if let Some(except) = except {
            ending = ending.filter(session::Column::Id.ne(except));
        }
        ending.exec(&self.connection).await?;
        Ok(())
    }

    /// Keeps the hash of a link sent to a user. Earlier links for the same purpose stop working.
    pub async fn add_link(
        &self,
        user: Id<user::Entity>,
        purpose: TokenPurpose,
        token_hash: String,
        expires_at: DateTime<Utc>,
    ) -> Result<()> {
        self.end_links(user, purpose).await?;
        let row = one_time_token::ActiveModel {
            user_id: Set(user),
            purpose: Set(purpose),
            token_hash: Set(token_hash),
            expires_at: Set(expires_at),
            used_at: Set(None),
            created_at: Set(self.now()),
            ..Default::default()
        };
        row.insert(&self.connection).await?;
        Ok(())
    }

    /// The user to whom an unused, unexpired link with this hash was sent.
    pub async fn user_of_link(
        &self,
        purpose: TokenPurpose,
        token_hash: &str,
    ) -> Result<Option<user::Model>> {
        user_of_link(&self.connection, self.now(), purpose, token_hash).await
    }

    /// Makes all links of a user for a purpose stop working.
    pub async fn end_links(&self, user: Id<user::Entity>, purpose: TokenPurpose) -> Result<()> {
        use one_time_token::{Column, Entity};
        Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now()))
            .filter(Column::UserId.eq(user))
            .filter(Column::Purpose.eq(purpose))
            .filter(Column::UsedAt.is_null())
            .exec(&self.connection)
            .await?;
        Ok(())
    }
}

/// The active user to whom an unused, unexpired link with this hash was sent.
pub(super) async fn user_of_link(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    purpose: TokenPurpose,
    token_hash: &str,
) -> Result<Option<user::Model>> {
    use one_time_token::{Column, Entity};
    let found = Entity::find()
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::UsedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .find_also_related(user::Entity)
        .one(connection)
        .await?;
    Ok(found.and_then(|(_, user)| user).filter(|user| user.is_active))
}
