//! What a pack needs, whether or not it is imported.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, pack, tenancy};

/// A row of `pack_dependency`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pack_dependency")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub pack_id: Id<pack::Entity>,
    pub depends_on_slug: String,
    /// Absent while the pack is not imported.
    pub depends_on_pack_id: Option<Id<pack::Entity>>,
    pub version_constraint: String,
    pub is_optional: bool,
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
    #[sea_orm(belongs_to = "pack::Entity", from = "Column::PackId", to = "pack::Column::Id")]
    Pack,
    #[sea_orm(
        belongs_to = "pack::Entity",
        from = "Column::DependsOnPackId",
        to = "pack::Column::Id"
    )]
    DependsOnPack,
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
