//! Threats that come with a library component.

use sea_orm::entity::prelude::*;

use crate::{
    Id, Reach, Tenanted, choice::AppliesTo, component_library, organization, pack, tenancy,
    threat_library,
};

/// A row of `component_library_threat`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "component_library_threat")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub source_pack_id: Option<Id<pack::Entity>>,
    pub component_library_id: Id<component_library::Entity>,
    pub threat_library_id: Id<threat_library::Entity>,
    pub default_severity: String,
    pub applies_to: AppliesTo,
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
    #[sea_orm(belongs_to = "pack::Entity", from = "Column::SourcePackId", to = "pack::Column::Id")]
    SourcePack,
    #[sea_orm(
        belongs_to = "component_library::Entity",
        from = "Column::ComponentLibraryId",
        to = "component_library::Column::Id"
    )]
    ComponentLibrary,
    #[sea_orm(
        belongs_to = "threat_library::Entity",
        from = "Column::ThreatLibraryId",
        to = "threat_library::Column::Id"
    )]
    ThreatLibrary,
}

impl Related<pack::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SourcePack.def()
    }
}

impl Related<component_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ComponentLibrary.def()
    }
}

impl Related<threat_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatLibrary.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
