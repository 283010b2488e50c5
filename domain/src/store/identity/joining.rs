//! Becoming a member: of an organization, of a team, by an invitation.

use chrono::{DateTime, Utc};
use entity::{
    Id, Tenanted,
    choice::{InvitationStatus, OrganizationRole, TeamRole},
    organization, organization_member, team, team_invitation, team_member, user,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::IdentityChanges;
use crate::Result;

/// What an invitation says.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The team.
    pub team: Id<team::Entity>,
    /// The organization of the team.
    pub organization: Id<organization::Entity>,
    /// The address as written.
    pub email: String,
    /// The address for comparison.
    pub email_key: String,
    /// The role in the team.
    pub role: TeamRole,
    /// By which the invitation is found.
    pub token_hash: String,
    /// The token, encrypted.
    pub token_encrypted: String,
    /// Who invites.
    pub invited_by: Option<Id<user::Entity>>,
    /// Until when it can be accepted.
    pub expires_at: DateTime<Utc>,
}

impl IdentityChanges<'_> {
    /// Adds an organization without members.
    pub async fn add_organization(
        &self,
        mut row: organization::ActiveModel,
    ) -> Result<organization::Model> {
        let now = self.now();
        row.created_at = Set(now);
        row.updated_at = Set(now);
        let made = row.insert(&self.connection).await?;
        self.journal().added::<organization::Entity>(std::slice::from_ref(&made));
        Ok(made)
    }

    /// Adds a team without members.
    pub async fn add_team(&self, mut row: team::ActiveModel) -> Result<team::Model> {
        let now = self.now();
        row.created_at = Set(now);
        row.updated_at = Set(now);
        let made = row.insert(&self.connection).await?;
        self.journal().added::<team::Entity>(std::slice::from_ref(&made));
        Ok(made)
    }

    /// The organization that people join who sign up, if there is one.
    pub async fn primary_organization(&self) -> Result<Option<organization::Model>> {
        let primary = organization::Entity::find()
            .filter(organization::Column::IsPrimary.eq(true))
            .order_by_asc(organization::Column::Id);
        Ok(primary.one(&self.connection).await?)
    }

    /// The team that people join who join an organization by signing up.
    pub async fn default_team(
        &self,
        organization: Id<organization::Entity>,
    ) -> Result<Option<Id<team::Entity>>> {
        let default = team::Entity::find()
            .filter(team::Column::OrganizationId.eq(organization))
            .filter(team::Column::IsDefault.eq(true))
            .order_by_asc(team::Column::Id);
        Ok(default.one(&self.connection).await?.map(|team| team.id))
    }

    /// Makes a user a member of organizations; who is one already keeps the role.
    pub async fn join_organizations(
        &self,
        user: Id<user::Entity>,
        joining: impl IntoIterator<Item = (Id<organization::Entity>, OrganizationRole)>,
    ) -> Result<()> {
        let now = self.now();
        let rows: Vec<_> = joining
            .into_iter()
            .map(|(organization, role)| organization_member::ActiveModel {
                organization_id: Set(organization),
                user_id: Set(user),
                role: Set(role),
                joined_at: Set(now),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            })
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let joined = organization_member::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_with_returning(&self.connection)
            .await?;
        self.concerns(user);
        self.journal().added::<organization_member::Entity>(&joined);
        Ok(())
    }

    /// Makes a user a member of teams; who is one already keeps the role.
    pub async fn join_teams(
        &self,
        user: Id<user::Entity>,
        joining: impl IntoIterator<Item = (Id<organization::Entity>, Id<team::Entity>, TeamRole)>,
    ) -> Result<()> {
        let now = self.now();
        let rows: Vec<_> = joining
            .into_iter()
            .map(|(organization, team, role)| team_member::ActiveModel {
                organization_id: Set(organization),
                team_id: Set(team),
                user_id: Set(user),
                role: Set(role),
                joined_at: Set(now),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            })
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let joined = team_member::Entity::insert_many(rows)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_with_returning(&self.connection)
            .await?;
        self.concerns(user);
        self.journal().added::<team_member::Entity>(&joined);
        Ok(())
    }

    /// What a user is in a team.
    pub async fn team_membership(
        &self,
        team: Id<team::Entity>,
        user: Id<user::Entity>,
    ) -> Result<Option<team_member::Model>> {
        let found = team_member::Entity::find()
            .filter(team_member::Column::TeamId.eq(team))
            .filter(team_member::Column::UserId.eq(user));
        Ok(found.one(&self.connection).await?)
    }

    /// Holds a team until the commit: others who change its members wait.
    pub async fn hold_team(&self, team: Id<team::Entity>) -> Result<()> {
        super::super::hold(&self.connection, team).await
    }

    /// The roles of the other members of a team.
    pub async fn team_roles_without(&self, member: &team_member::Model) -> Result<Vec<TeamRole>> {
        use team_member::{Column, Entity};
        let others = Entity::find()
            .filter(Column::TeamId.eq(member.team_id))
            .filter(Column::Id.ne(member.id))
            .select_only()
            .column(Column::Role);
        Ok(others.into_tuple().all(&self.connection).await?)
    }

    /// Gives a member of a team another role.
    pub async fn set_team_role(
        &self,
        member: team_member::Model,
        role: TeamRole,
    ) -> Result<team_member::Model> {
        let mut row = member.clone().into_active_model();
        row.role = Set(role);
        row.updated_at = Set(self.now());
        let changed = row.update(&self.connection).await?;
        self.note_change::<team_member::Entity>(&member, &changed);
        Ok(changed)
    }

    /// Removes a member of a team.
    pub async fn remove_from_team(&self, member: &team_member::Model) -> Result<()> {
        team_member::Entity::delete_many()
            .filter(team_member::Column::Id.eq(member.id))
            .exec(&self.connection)
            .await?;
        self.journal().removed::<team_member::Entity>(std::slice::from_ref(member));
        Ok(())
    }

    /// Invitations for an address that can be accepted now.
    pub async fn usable_invitations(&self, email_key: &str) -> Result<Vec<team_invitation::Model>> {
        use team_invitation::{Column, Entity};
        let usable = Entity::find()
            .filter(Column::EmailKey.eq(email_key))
            .filter(Column::Status.eq(InvitationStatus::Pending))
            .filter(Column::ExpiresAt.gt(self.now()))
            .order_by_asc(Column::CreatedAt);
        Ok(usable.all(&self.connection).await?)
    }

    /// Marks invitations as accepted. Returns those that could be accepted until now: of two who do
    /// something with an invitation at the same time, one is late.
    pub async fn mark_accepted(
        &self,
        invitations: Vec<Uuid>,
    ) -> Result<Vec<team_invitation::Model>> {
        use team_invitation::{Column, Entity};
        if invitations.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let accepted = Entity::update_many()
            .col_expr(Column::Status, Expr::value(InvitationStatus::Accepted))
            .col_expr(Column::AcceptedAt, Expr::value(now))
            .col_expr(Column::UpdatedAt, Expr::value(now))
            .filter(Column::Id.is_in(invitations))
            .filter(Column::Status.eq(InvitationStatus::Pending))
            .filter(Column::ExpiresAt.gt(now))
            .exec_with_returning(&self.connection)
            .await?;
        self.journal().changed::<Entity>(&[], &accepted);
        Ok(accepted)
    }

    /// Invitations that end until a moment, of which nobody was reminded and whose mail arrived as
    /// far as is known. From now on they count as reminded of.
    pub async fn mark_reminded(
        &self,
        until: DateTime<Utc>,
        limit: u64,
    ) -> Result<Vec<team_invitation::Model>> {
        use team_invitation::{Column, Entity};
        let now = self.now();
        let ending = Condition::all()
            .add(Column::Status.eq(InvitationStatus::Pending))
            .add(Column::ExpiresAt.gt(now))
            .add(Column::ExpiresAt.lte(until))
            .add(Column::RemindedAt.is_null())
            .add(Column::DeliveryError.is_null());
        let keys = Entity::find()
            .filter(ending.clone())
            .select_only()
            .column(Column::Id)
            .order_by_asc(Column::ExpiresAt)
            .limit(limit)
            .into_query();
        let reminded = Entity::update_many()
            .col_expr(Column::RemindedAt, Expr::value(now))
            .filter(Column::Id.in_subquery(keys))
            .filter(ending)
            .exec_with_returning(&self.connection)
            .await?;
        self.journal().changed::<Entity>(&[], &reminded);
        Ok(reminded)
    }

    /// Notes why the mail with an invitation did not arrive, unless it was sent anew since.
    pub async fn note_undelivered(&self, id: Uuid, token_hash: &str, reason: &str) -> Result<()> {
        use team_invitation::{Column, Entity};
        Entity::update_many()
            .col_expr(Column::DeliveryError, Expr::value(reason))
            .filter(Column::Id.eq(id))
            .filter(Column::TokenHash.eq(token_hash))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// The invitation of an address to a team, whatever its status.
    pub async fn invitation_to(
        &self,
        team: Id<team::Entity>,
        email_key: &str,
    ) -> Result<Option<team_invitation::Model>> {
        use team_invitation::{Column, Entity};
        let found =
            Entity::find().filter(Column::TeamId.eq(team)).filter(Column::EmailKey.eq(email_key));
        Ok(found.one(&self.connection).await?)
    }

    /// Adds a pending invitation.
    pub async fn add_invitation(&self, new: NewInvitation) -> Result<team_invitation::Model> {
        let now = self.now();
        let row = team_invitation::ActiveModel {
            id: Set(Uuid::now_v7()),
            organization_id: Set(new.organization),
            team_id: Set(new.team),
            email: Set(new.email),
            email_key: Set(new.email_key),
            role: Set(new.role),
            token_hash: Set(new.token_hash),
            token_encrypted: Set(new.token_encrypted),
            invited_by_id: Set(new.invited_by),
            status: Set(InvitationStatus::Pending),
            expires_at: Set(new.expires_at),
            accepted_at: Set(None),
            delivery_error: Set(None),
            reminded_at: Set(None),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let made = row.insert(&self.connection).await?;
        self.journal().added::<team_invitation::Entity>(std::slice::from_ref(&made));
        Ok(made)
    }

    /// Makes an invitation pending again, with a new token, role, sender and date.
    pub async fn renew_invitation(
        &self,
        old: team_invitation::Model,
        new: NewInvitation,
    ) -> Result<team_invitation::Model> {
        let mut row = old.clone().into_active_model();
        row.email = Set(new.email);
        row.role = Set(new.role);
        row.token_hash = Set(new.token_hash);
        row.token_encrypted = Set(new.token_encrypted);
        row.invited_by_id = Set(new.invited_by);
        row.status = Set(InvitationStatus::Pending);
        row.expires_at = Set(new.expires_at);
        row.accepted_at = Set(None);
        row.delivery_error = Set(None);
        row.reminded_at = Set(None);
        row.updated_at = Set(self.now());
        let renewed = row.update(&self.connection).await?;
        self.note_change::<team_invitation::Entity>(&old, &renewed);
        Ok(renewed)
    }

    fn note_change<E: Tenanted>(&self, before: &E::Model, after: &E::Model) {
        let (before, after) = (std::slice::from_ref(before), std::slice::from_ref(after));
        self.journal().changed::<E>(before, after);
    }
}
