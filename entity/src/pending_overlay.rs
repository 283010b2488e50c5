//! Mappings of a pack that wait until their frameworks are imported.

use sea_orm::entity::prelude::*;

use crate::{Document, Id, Reach, Tenanted, choice::OverlayKind, organization, pack, tenancy};

/// A row of `pending_overlay`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_overlay")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub pack_id: Id<pack::Entity>,
    pub kind: OverlayKind,
    /// Empty unless the overlay connects two frameworks.
    pub source_framework_slug: String,
    pub framework_slug: String,
    pub mappings: Document,
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
    const REACH: Reach<Column> = Reach::Organization;
}
