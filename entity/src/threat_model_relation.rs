//! Threat models that a threat model refers to.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, choice::RelationType, organization, tenancy, threat_model};

/// A row of `threat_model_relation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "threat_model_relation")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    /// The model that refers.
    pub threat_model_id: Id<threat_model::Entity>,
    /// The model that is referred to.
    pub target_model_id: Id<threat_model::Entity>,
    pub relation_type: RelationType,
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
    #[sea_orm(
        belongs_to = "threat_model::Entity",
        from = "Column::TargetModelId",
        to = "threat_model::Column::Id"
    )]
    TargetModel,
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
