//! Which users belong to which team.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Id, Reach, Tenanted, choice::TeamRole, organization, team, tenancy, user};

/// A row of `team_member`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team_member")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub team_id: Id<team::Entity>,
    pub user_id: Id<user::Entity>,
    pub role: TeamRole,
    pub joined_at: ChronoDateTimeUtc,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UserId", to = "user::Column::Id")]
    User,
}

impl Related<team::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Team.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// The security team changes every team, leads change their own.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::led(Column::OrganizationId, Column::TeamId, actor)
    }
}
