//! Countermeasures that an organization knows.

use sea_orm::entity::prelude::*;

use crate::{
    Document, Id, Reach, Tenanted,
    choice::{ControlCost, DefaultStatus},
    organization, pack, tenancy,
};

/// A row of `countermeasure_library`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "countermeasure_library")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub source_pack_id: Option<Id<pack::Entity>>,
    pub slug: String,
    /// `pack/slug`, or `custom/slug` without a pack; absent without a slug.
    pub qualified_slug: Option<String>,
    pub name: String,
    pub description: String,
    pub control_type: String,
    pub cost: ControlCost,
    pub default_status: DefaultStatus,
    pub metadata: Document,
    /// When a user changed the row, which an import then leaves alone.
    pub customised_at: Option<ChronoDateTimeUtc>,
    /// When the pack stopped bringing the row.
    pub retired_at: Option<ChronoDateTimeUtc>,
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
}

impl Related<pack::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::SourcePack.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
