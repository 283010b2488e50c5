//! Which requirement a countermeasure of a data flow helps to meet. The copies outlive the requirement.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted, choice::Sufficiency, flow_countermeasure, organization,
    requirement, tenancy, threat_model,
};

/// A row of `flow_countermeasure_standard`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "flow_countermeasure_standard")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub flow_countermeasure_id: Id<flow_countermeasure::Entity>,
    pub requirement_id: Option<Id<requirement::Entity>>,
    pub sufficiency: Sufficiency,
    pub section_code: String,
    pub framework_name: String,
    pub requirement_description: String,
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
        belongs_to = "threat_model::Entity",
        from = "Column::ThreatModelId",
        to = "threat_model::Column::Id"
    )]
    ThreatModel,
    #[sea_orm(
        belongs_to = "flow_countermeasure::Entity",
        from = "Column::FlowCountermeasureId",
        to = "flow_countermeasure::Column::Id"
    )]
    FlowCountermeasure,
    #[sea_orm(
        belongs_to = "requirement::Entity",
        from = "Column::RequirementId",
        to = "requirement::Column::Id"
    )]
    Requirement,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<flow_countermeasure::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowCountermeasure.def()
    }
}

impl Related<requirement::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Requirement.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; without one, the countermeasure.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, flow_countermeasure::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::FlowCountermeasureId,
            actor,
        )
    }
}
