//! Packs whose library a threat model draws from.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, pack, tenancy, threat_model};

/// A row of `threat_model_pack`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "threat_model_pack")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub pack_id: Id<pack::Entity>,
    pub created_at: ChronoDateTimeUtc,
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
    #[sea_orm(belongs_to = "pack::Entity", from = "Column::PackId", to = "pack::Column::Id")]
    Pack,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<pack::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Pack.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
