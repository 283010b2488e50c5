//! Personal tokens: who holds one, and which ones a user has.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Actor, Id, Ref, api_token, choice::TokenScope, user};
use sea_orm::{
    ActiveEnum, ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait, SelectStatement},
};

use super::{Identity, IdentityChanges, seated};
use crate::{Error, Result};

/// Uses within this time of each other are noted once.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What a personal token lets its holder do.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// The token.
    pub token: Id<api_token::Entity>,
    /// Whose it is.
    pub user: Id<user::Entity>,
    /// What it is good for.
    pub scope: TokenScope,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

/// What a new token is made of.
#[derive(Clone, Debug)]
pub struct NewApiToken {
    /// What the user calls it.
    pub name: String,
    /// What it is good for.
    pub scope: TokenScope,
    /// SHA-256 of the token.
    pub token_hash: String,
    /// Its first letters.
    pub prefix: String,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// What the look-up tells about the token itself.
#[derive(FromQueryResult)]
struct Held {
    token: i64,
    holder: i64,
    scope: String,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl Identity<'_> {
    /// The holder of a personal token with all memberships, in one statement. None if there is no such token
    /// or the account is disabled. A token that has expired is found: it is told apart.
    pub async fn token_holder(self, token_hash: &str) -> Result<Option<(Actor, Grant)>> {
        self.holder_where(api_token::Column::TokenHash.eq(token_hash)).await
    }

    /// The same for a token that was looked up before.
    pub async fn token_holder_again(self, grant: &Grant) -> Result<Option<(Actor, Grant)>> {
        self.holder_where(api_token::Column::Id.eq(grant.token)).await
    }

    /// Notes that a token is used now, unless that was noted within the last minute.
    pub async fn note_use(self, grant: &Grant) -> Result<()> {
        use api_token::{Column, Entity};
        let now = self.store.clock.now();
        let before = now - NOTED_EVERY;
        if grant.last_used_at.is_some_and(|used| used > before) {
            return Ok(());
        }
        // Of many requests at the same time one writes.
        let unnoted = Column::LastUsedAt.is_null().or(Column::LastUsedAt.lte(before));
        Entity::update_many()
            .col_expr(Column::LastUsedAt, Expr::value(now))
            .filter(Column::Id.eq(grant.token))
            .filter(unnoted)
            .exec(&self.store.crossing)
            .await?;
        Ok(())
    }

    /// The tokens of a user, latest first, also those that expired lately.
    pub async fn api_tokens(self, user: Id<user::Entity>) -> Result<Vec<api_token::Model>> {
        use api_token::{Column, Entity};
        let own = Entity::find().filter(Column::UserId.eq(user)).order_by_desc(Column::Id);
        Ok(own.all(&self.store.crossing).await?)
    }

    async fn holder_where(self, which: Expr) -> Result<Option<(Actor, Grant)>> {
        let held = |query: &mut SelectStatement| hold(query, which.clone());
        let rows = self.seat_rows(held).await?;
        let Some(first) = rows.first() else { return Ok(None) };
        let held = Held::from_query_result(first, "")?;
        let grant = Grant {
            token: Id::trusted(held.token),
            user: Id::trusted(held.holder),
            scope: TokenScope::try_from_value(&held.scope)?,
            expires_at: held.expires_at,
            last_used_at: held.last_used_at,
        };
        Ok(Some((seated(grant.user, &rows)?, grant)))
    }
}

/// Begins the look-up with a token and its active user.
fn hold(query: &mut SelectStatement, which: Expr) {
    use api_token::{Column, Entity};
    let of_token = |column: Column| Expr::col((Entity, column));
    query
        .expr_as(of_token(Column::Id), "token")
        .expr_as(of_token(Column::UserId), "holder")
        .expr_as(of_token(Column::Scope), "scope")
        .expr_as(of_token(Column::ExpiresAt), "expires_at")
        .expr_as(of_token(Column::LastUsedAt), "last_used_at")
        .from(Entity)
        .inner_join(
            user::Entity,
            Expr::col((user::Entity, user::Column::Id)).equals((Entity, Column::UserId)),
        )
        .and_where(which)
        .and_where(user::Column::IsActive.eq(true));
}

impl IdentityChanges<'_> {
    /// How many tokens of a user have not expired. Holds the row of the user until the end of the
    /// transaction, so that nobody adds another one in between.
    pub async fn hold_live_tokens(&self, user: Id<user::Entity>) -> Result<u64> {
        use api_token::{Column, Entity};
        let held = user::Entity::find().filter(user::Column::Id.eq(user)).select_only();
        let held = held.column(user::Column::Id).lock_exclusive().into_tuple::<i64>();
        held.one(&self.connection).await?.ok_or(Error::NotFound)?;
        let live = Entity::find().filter(Column::UserId.eq(user));
        Ok(live.filter(Column::ExpiresAt.gt(self.now())).count(&self.connection).await?)
    }

    /// Adds a token of a user.
    pub async fn add_api_token(
        &self,
        user: Id<user::Entity>,
        new: NewApiToken,
    ) -> Result<api_token::Model> {
        let row = api_token::ActiveModel {
            user_id: Set(user),
            name: Set(new.name),
            scope: Set(new.scope),
            token_hash: Set(new.token_hash),
            prefix: Set(new.prefix),
            expires_at: Set(new.expires_at),
            last_used_at: Set(None),
            created_at: Set(self.now()),
            ..Default::default()
        };
        let token = row.insert(&self.connection).await?;
        self.concerns(user);
        self.journal().row_added::<api_token::Entity>(None, &token);
        Ok(token)
    }

    /// Removes a token of a user.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such token.
    pub async fn remove_api_token(
        &self,
        user: Id<user::Entity>,
        token: Ref<api_token::Entity>,
    ) -> Result<()> {
        use api_token::{Column, Entity};
        let own = || Column::Id.eq(token.key()).and(Column::UserId.eq(user));
        let row = Entity::find().filter(own()).one(&self.connection).await?;
        let row = row.ok_or(Error::NotFound)?;
        let removed = Entity::delete_many().filter(own()).exec(&self.connection).await?;
        if removed.rows_affected == 0 {
            return Err(Error::NotFound);
        }
        self.concerns(user);
        self.journal().row_removed::<Entity>(&row);
        Ok(())
    }

    /// Removes all tokens of a user.
    pub async fn remove_api_tokens(&self, user: Id<user::Entity>) -> Result<()> {
        use api_token::{Column, Entity};
        let own = Entity::delete_many().filter(Column::UserId.eq(user));
        let removed = own.exec(&self.connection).await?.rows_affected;
        self.journal().number_removed::<Entity>(None, removed);
        Ok(())
    }
}
