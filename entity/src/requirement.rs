//! Sections of a framework.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, framework, organization, tenancy};

/// A row of `requirement`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "requirement")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub framework_id: Id<framework::Entity>,
    pub section_code: String,
    pub description: String,
    pub parent_id: Option<Id<Entity>>,
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
        belongs_to = "framework::Entity",
        from = "Column::FrameworkId",
        to = "framework::Column::Id"
    )]
    Framework,
    #[sea_orm(belongs_to = "Entity", from = "Column::ParentId", to = "Column::Id")]
    Parent,
}

impl Related<framework::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Framework.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;
}
