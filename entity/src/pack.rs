//! Packs that an organization imported.

use sea_orm::entity::prelude::*;

use crate::{
    Document, Id, Reach, Tenanted,
    choice::{PackSource, PackTier, PackType},
    organization, tenancy,
};

/// A row of `pack`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pack")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub slug: String,
    pub name: String,
    pub description: String,
    pub version: String,
    pub pack_type: PackType,
    pub tier: PackTier,
    pub source: PackSource,
    pub author: String,
    pub repository_url: String,
    pub documentation_url: String,
    pub icon_url: String,
    pub industries: Document,
    pub tags: Document,
    pub install_count: i32,
    pub is_published: bool,
    pub published_at: Option<ChronoDateTimeUtc>,
    /// Hash of the files that were imported.
    pub content_hash: String,
    /// The folder below the pack source.
    pub relative_path: String,
    pub imported_at: Option<ChronoDateTimeUtc>,
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
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
