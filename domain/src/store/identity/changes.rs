use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use entity::{Id, choice::TokenPurpose, job, one_time_token, session, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};

use super::super::Store;
use crate::{
    Error, Result,
    job::Job,
    store::{
        ROWS_PER_STATEMENT,
        audit::{self, Journal},
        ledger, repetition,
    },
};

/// Changes to accounts, sessions and memberships. Dropping it undoes them.
pub struct IdentityChanges<'s> {
    pub(super) store: &'s Store,
    pub(in crate::store) connection: DatabaseTransaction,
    journal: Mutex<Journal>,
    /// Whose account it is, if nobody is signed in.
    whose: Mutex<Option<Id<user::Entity>>>,
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
    pub(super) fn new(store: &'s Store, connection: DatabaseTransaction) -> Self {
        Self { store, connection, journal: Mutex::default(), whose: Mutex::default() }
    }

    /// What was changed so far, for the audit log.
    pub(in crate::store) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whose account is changed. The first one counts.
    pub(super) fn concerns(&self, user: Id<user::Entity>) {
        self.whose.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(user);
    }

    /// The time by which rows are dated.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.clock.now()
    }

    /// Makes the changes lasting and wakes whoever carries jobs to the queue.
    pub async fn commit(self) -> Result<()> {
        let now = self.now();
        repetition::note_carried_out(&self.connection, now).await?;
        let journal = self.journal.into_inner().unwrap_or_else(PoisonError::into_inner);
        let whose = self.whose.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (vault, user) = (&self.store.vault, whose.map(Id::key));
        audit::write(&self.connection, now, vault, user, journal).await?;
        self.connection.commit().await?;
        self.store.enqueued.notify_one();
        Ok(())
    }

    /// Asks for background work, in the name of nobody in particular.
    pub async fn enqueue<J: Job>(&self, job: &J) -> Result<()> {
        let row = ledger::row(job, self.now(), None)?;
        let id = ledger::insert::<J>(&self.connection, row).await?;
        self.journal().number_added::<job::Entity>(job.organization(), Some(id.to_string()), 1);
        Ok(())
    }

    /// Asks for several pieces of background work of one kind, in one statement per 500.
    pub async fn enqueue_all<J: Job>(&self, jobs: &[J]) -> Result<()> {
        let now = self.now();
        for chunk in jobs.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|job| ledger::row(job, now, None));
            ledger::insert_many(&self.connection, rows.collect::<Result<_>>()?).await?;
        }
        for job in jobs {
            self.journal().number_added::<job::Entity>(job.organization(), None, 1);
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
        let user = row.insert(&self.connection).await?;
        self.concerns(user.id);
        self.journal().row_added::<user::Entity>(None, &user);
        Ok(user)
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
        let mut row = user.clone().into_active_model();
        change(&mut row);
        row.updated_at = Set(self.now());
        let changed = row.update(&self.connection).await?;
        self.concerns(changed.id);
        self.journal().row_changed::<user::Entity>(&user, &changed);
        Ok(changed)
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
        let session = row.insert(&self.connection).await?;
        self.concerns(user);
        self.journal().row_added::<session::Entity>(None, &session);
        Ok(session.id)
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
        self.note_sessions(Some(session), changed.rows_affected);
        Ok(changed.rows_affected == 1)
    }

    /// Whether a session can still be used.
    pub async fn is_live(&self, session: Id<session::Entity>) -> Result<bool> {
        let live = session::Entity::find()
            .filter(session::Column::Id.eq(session))
            .filter(session::Column::RevokedAt.is_null())
            .filter(session::Column::ExpiresAt.gt(self.now()));
        Ok(live.one(&self.connection).await?.is_some())
    }

    /// Ends a session. Returns whether it was live.
    pub async fn end_session(&self, session: Id<session::Entity>) -> Result<bool> {
        let ended = session::Entity::update_many()
            .col_expr(session::Column::RevokedAt, Expr::value(self.now()))
            .filter(session::Column::Id.eq(session))
            .filter(session::Column::RevokedAt.is_null())
            .exec(&self.connection)
            .await?;
        self.note_sessions(Some(session), ended.rows_affected);
        Ok(ended.rows_affected == 1)
    }

    fn note_sessions(&self, session: Option<Id<session::Entity>>, number: u64) {
        let key = session.map(|session| session.to_string());
        self.journal().number_changed::<session::Entity>(None, key, number);
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
        let ended = ending.exec(&self.connection).await?.rows_affected;
        self.note_sessions(None, ended);
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
        let link = row.insert(&self.connection).await?;
        self.concerns(user);
        self.journal().row_added::<one_time_token::Entity>(None, &link);
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
        let ended = Entity::update_many()
            .col_expr(Column::UsedAt, Expr::value(self.now()))
            .filter(Column::UserId.eq(user))
            .filter(Column::Purpose.eq(purpose))
            .filter(Column::UsedAt.is_null())
            .exec(&self.connection)
            .await?;
        self.journal().number_changed::<Entity>(None, None, ended.rows_affected);
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
