//! Access across tenants for signing in and joining: the one place where a row is found by an
//! address, a token or a session instead of by what an actor may see.

mod api_tokens;
mod changes;
mod digests;
mod factors;
mod joining;

use entity::{
    Actor, Id,
    actor::Membership,
    choice::{OrganizationRole, TeamRole, TokenPurpose},
    organization, organization_member, session, team, team_invitation, team_member, user,
};
use sea_orm::{
    ActiveEnum, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QueryResult,
    sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

pub use api_tokens::{Grant, NewApiToken};
pub use changes::{IdentityChanges, NewUser};
pub use factors::Account;
pub use joining::NewInvitation;

use super::Store;
use crate::{Error, Result, account::Claims};

/// Reads what signing in and joining need, whoever it belongs to.
#[derive(Clone, Copy)]
pub struct Identity<'s> {
    store: &'s Store,
}

/// One row of the actor look-up: a membership of an organization, or of a team.
#[derive(FromQueryResult)]
struct Seat {
    key: Option<i64>,
    organization: Option<i64>,
    team: i64,
    role: Option<String>,
}

/// Stands in the place of the team in rows that are about an organization; keys start at 1.
const NO_TEAM: i64 = 0;

impl Store {
    /// Access for signing in and joining.
    pub const fn identity(&self) -> Identity<'_> {
        Identity { store: self }
    }
}

impl<'s> Identity<'s> {
    /// The user of a token's live session with all memberships, in one statement. None if the session has
    /// ended or the account is disabled.
    pub async fn actor(self, claims: &Claims) -> Result<Option<Actor>> {
        let (session, user) = (claims.session(), claims.user());
        let now = self.store.clock.now();
        let live = |query: &mut SelectStatement| {
            query
                .from(session::Entity)
                .inner_join(
                    user::Entity,
                    Expr::col((user::Entity, user::Column::Id))
                        .equals((session::Entity, session::Column::UserId)),
                )
                .and_where(session::Column::Id.eq(session))
                .and_where(session::Column::UserId.eq(user))
                .and_where(session::Column::RevokedAt.is_null())
                .and_where(session::Column::ExpiresAt.gt(now))
                .and_where(user::Column::IsActive.eq(true));
        };
        self.seats(user, live).await
    }

    /// An active user with all memberships, for work that follows from an earlier request.
    pub async fn actor_of(self, user: Id<user::Entity>) -> Result<Option<Actor>> {
        let active = |query: &mut SelectStatement| {
            query
                .from(user::Entity)
                .and_where(user::Column::Id.eq(user))
                .and_where(user::Column::IsActive.eq(true));
        };
        self.seats(user, active).await
    }

    /// A user by key.
    pub async fn user(self, id: Id<user::Entity>) -> Result<Option<user::Model>> {
        let found = user::Entity::find().filter(user::Column::Id.eq(id));
        Ok(found.one(&self.store.crossing).await?)
    }

    /// A user by the normalised address.
    pub async fn user_at(self, email_key: &str) -> Result<Option<user::Model>> {
        let found = user::Entity::find().filter(user::Column::EmailKey.eq(email_key));
        Ok(found.one(&self.store.crossing).await?)
    }

    /// Whether there is any account.
    pub async fn has_users(self) -> Result<bool> {
        Ok(user::Entity::find().one(&self.store.crossing).await?.is_some())
    }

    /// A session by key, ended or not.
    pub async fn session(self, id: Id<session::Entity>) -> Result<Option<session::Model>> {
        let found = session::Entity::find().filter(session::Column::Id.eq(id));
        Ok(found.one(&self.store.crossing).await?)
    }

    /// The user to whom an unused, unexpired link with this hash was sent.
    pub async fn user_of_link(
        self,
        purpose: TokenPurpose,
        token_hash: &str,
    ) -> Result<Option<user::Model>> {
        let now = self.store.clock.now();
        changes::user_of_link(&self.store.crossing, now, purpose, token_hash).await
    }

    /// An invitation by the hash of its token, with the names of team and organization and the
    /// sender.
    pub async fn invitation_by_token(self, token_hash: &str) -> Result<Option<Invitation>> {
        self.invitation_where(team_invitation::Column::TokenHash.eq(token_hash)).await
    }

    /// An invitation by key, as above.
    pub async fn invitation(self, id: Uuid) -> Result<Option<Invitation>> {
        self.invitation_where(team_invitation::Column::Id.eq(id)).await
    }

    /// Begins changes. Nothing is written until the commit.
    pub async fn begin(self) -> Result<IdentityChanges<'s>> {
        Ok(IdentityChanges::new(self.store, self.store.begin().await?))
    }

    async fn invitation_where(self, which: Expr) -> Result<Option<Invitation>> {
        let found = team_invitation::Entity::find()
            .filter(which)
            .find_also_related(team::Entity)
            .one(&self.store.crossing)
            .await?;
        let Some((row, Some(team))) = found else {
            return Ok(None);
        };
        let sender = match row.invited_by_id {
            Some(sender) => self.user(sender).await?,
            None => None,
        };
        let organization = organization::Entity::find()
            .filter(organization::Column::Id.eq(row.organization_id))
            .one(&self.store.crossing)
            .await?
            .ok_or(Error::NotFound)?;
        Ok(Some(Invitation {
            row,
            team_name: team.name,
            organization_name: organization.name,
            sender_email: sender.map(|sender| sender.email),
        }))
    }

    async fn seats(
        self,
        user: Id<user::Entity>,
        start: impl Fn(&mut SelectStatement),
    ) -> Result<Option<Actor>> {
        let rows = self.seat_rows(start).await?;
        if rows.is_empty() { Ok(None) } else { seated(user, &rows).map(Some) }
    }

    async fn seat_rows(self, start: impl Fn(&mut SelectStatement)) -> Result<Vec<QueryResult>> {
        let mut statement = organization_seats(&start);
        statement.union(UnionType::All, team_seats(&start));
        Ok(self.store.crossing.query_all(&statement).await?)
    }
}

/// An invitation with the names that go with it.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The invitation itself.
    pub row: team_invitation::Model,
    /// Name of the team.
    pub team_name: String,
    /// Name of the organization.
    pub organization_name: String,
    /// Address of the sender, if the account still exists.
    pub sender_email: Option<String>,
}

/// At least one row for a user who passes `start`, with nulls if there is no organization.
fn organization_seats(start: impl Fn(&mut SelectStatement)) -> SelectStatement {
    use organization_member::{Column, Entity};
    let mut query = Query::select();
    query
        .expr_as(Expr::col((Entity, Column::Id)), "key")
        .expr_as(Expr::col((Entity, Column::OrganizationId)), "organization")
        .expr_as(Expr::val(NO_TEAM), "team")
        .expr_as(Expr::col((Entity, Column::Role)), "role");
    start(&mut query);
    query.left_join(
        Entity,
        Expr::col((Entity, Column::UserId)).equals((user::Entity, user::Column::Id)),
    );
    query
}

/// Team memberships count only together with a membership of the team's organization.
fn team_seats(start: impl Fn(&mut SelectStatement)) -> SelectStatement {
    use team_member::{Column, Entity};
    let mut query = Query::select();
    query
        .expr_as(Expr::col((Entity, Column::Id)), "key")
        .expr_as(Expr::col((Entity, Column::OrganizationId)), "organization")
        .expr_as(Expr::col((Entity, Column::TeamId)), "team")
        .expr_as(Expr::col((Entity, Column::Role)), "role");
    start(&mut query);
    query
        .inner_join(
            Entity,
            Expr::col((Entity, Column::UserId)).equals((user::Entity, user::Column::Id)),
        )
        .inner_join(
            organization_member::Entity,
            Expr::col((organization_member::Entity, organization_member::Column::UserId))
                .equals((Entity, Column::UserId))
                .and(
                    Expr::col((
                        organization_member::Entity,
                        organization_member::Column::OrganizationId,
                    ))
                    .equals((Entity, Column::OrganizationId)),
                ),
        );
    query
}

fn seated(user: Id<user::Entity>, rows: &[QueryResult]) -> Result<Actor> {
    let seats = rows.iter().map(|row| Seat::from_query_result(row, ""));
    let mut seats = seats.collect::<Result<Vec<_>, _>>()?;
    seats.sort_by_key(|seat| seat.key);
    let mut organizations = Vec::new();
    let mut teams = Vec::new();
    for seat in &seats {
        let (Some(organization), Some(role)) = (seat.organization, &seat.role) else {
            continue;
        };
        let organization = Id::trusted(organization);
        if seat.team == NO_TEAM {
            organizations.push((organization, OrganizationRole::try_from_value(role)?));
        } else {
            let role = TeamRole::try_from_value(role)?;
            teams.push(Membership { organization, team: Id::trusted(seat.team), role });
        }
    }
    Ok(Actor::looked_up(user, organizations, teams))
}
