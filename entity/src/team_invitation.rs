//! Invitations to a team, one per team and address.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted,
    choice::{InvitationStatus, TeamRole},
    organization, team, tenancy, user,
};

/// A row of `team_invitation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team_invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization_id: Id<organization::Entity>,
    pub team_id: Id<team::Entity>,
    pub email: String,
    /// The address in NFKC lower case, for comparison.
    pub email_key: String,
    pub role: TeamRole,
    /// Hash of the token, by which a link is found.
    pub token_hash: String,
    /// The token itself, encrypted, so that its sender can copy the link again.
    pub token_encrypted: String,
    pub invited_by_id: Option<Id<user::Entity>>,
    pub status: InvitationStatus,
    pub expires_at: ChronoDateTimeUtc,
    pub accepted_at: Option<ChronoDateTimeUtc>,
    /// Why the mail could not be delivered; absent if it was, or is under way.
    pub delivery_error: Option<String>,
    /// When the address was reminded of it.
    pub reminded_at: Option<ChronoDateTimeUtc>,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "organization::Entity",
        from = "Column::OrganizationId",
        to = "organization::Column::Id"
    )]
    Organization,
    #[sea_orm(belongs_to = "team::Entity", from = "Column::TeamId", to = "team::Column::Id")]
    Team,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::InvitedById", to = "user::Column::Id")]
    InvitedBy,
}

impl Related<team::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Team.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::InvitedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// Invitations are shown only to those who may revoke them.
    fn visible_to(actor: &Actor) -> Condition {
        Self::writable_by(actor)
    }

    /// The security team changes every team, leads change their own.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::led(Column::OrganizationId, Column::TeamId, actor)
    }
}
