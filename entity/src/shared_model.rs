//! Threat models that a user opened through a link. Gives no access to the model itself.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Id, Reach, Tenanted, magic_link, organization, tenancy, threat_model, user};

/// A row of `shared_model`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "shared_model")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub user_id: Id<user::Entity>,
    pub magic_link_id: Option<Uuid>,
    pub first_accessed_at: ChronoDateTimeUtc,
    pub last_accessed_at: ChronoDateTimeUtc,
    pub access_count: i32,
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
    #[sea_orm(
        belongs_to = "threat_model::Entity",
        from = "Column::ThreatModelId",
        to = "threat_model::Column::Id"
    )]
    ThreatModel,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UserId", to = "user::Column::Id")]
    User,
    #[sea_orm(
        belongs_to = "magic_link::Entity",
        from = "Column::MagicLinkId",
        to = "magic_link::Column::Id"
    )]
    MagicLink,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl Related<magic_link::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::MagicLink.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Entries belong to their user, whose organizations do not matter.
    fn visible_to(actor: &Actor) -> Condition {
        Condition::all().add(tenancy::among(Column::UserId, actor.user()))
    }

    /// Entries belong to their user, whose organizations do not matter.
    fn writable_by(actor: &Actor) -> Condition {
        Self::visible_to(actor)
    }
}
