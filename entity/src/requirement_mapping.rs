//! Which requirement of one framework meets one of another.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, choice::Sufficiency, organization, pack, requirement, tenancy};

/// A row of `requirement_mapping`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "requirement_mapping")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub source_pack_id: Option<Id<pack::Entity>>,
    pub source_requirement_id: Id<requirement::Entity>,
    pub target_requirement_id: Id<requirement::Entity>,
    pub sufficiency: Sufficiency,
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
        belongs_to = "requirement::Entity",
        from = "Column::SourceRequirementId",
        to = "requirement::Column::Id"
    )]
    SourceRequirement,
    #[sea_orm(
        belongs_to = "requirement::Entity",
        from = "Column::TargetRequirementId",
        to = "requirement::Column::Id"
    )]
    TargetRequirement,
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
