//! Classes within a taxonomy.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, organization, taxonomy, tenancy};

/// A row of `taxonomy_entry`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "taxonomy_entry")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub taxonomy_id: Id<taxonomy::Entity>,
    pub external_id: String,
    pub title: String,
    pub description: String,
    pub reference_url: String,
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
    #[sea_orm(
        belongs_to = "taxonomy::Entity",
        from = "Column::TaxonomyId",
        to = "taxonomy::Column::Id"
    )]
    Taxonomy,
}

impl Related<taxonomy::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Taxonomy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
