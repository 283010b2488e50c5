//! Classes that a library threat falls into.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, pack, taxonomy_entry, tenancy, threat_library};

/// A row of `threat_library_taxonomy_entry`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "threat_library_taxonomy_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub source_pack_id: Option<Id<pack::Entity>>,
    pub threat_library_id: Id<threat_library::Entity>,
    pub taxonomy_entry_id: Id<taxonomy_entry::Entity>,
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
    #[sea_orm(belongs_to = "pack::Entity", from = "Column::SourcePackId", to = "pack::Column::Id")]
    SourcePack,
    #[sea_orm(
        belongs_to = "threat_library::Entity",
        from = "Column::ThreatLibraryId",
        to = "threat_library::Column::Id"
    )]
    ThreatLibrary,
    #[sea_orm(
        belongs_to = "taxonomy_entry::Entity",
        from = "Column::TaxonomyEntryId",
        to = "taxonomy_entry::Column::Id"
    )]
    TaxonomyEntry,
}

impl Related<pack::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SourcePack.def()
    }
}

impl Related<threat_library::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatLibrary.def()
    }
}

impl Related<taxonomy_entry::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::TaxonomyEntry.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
