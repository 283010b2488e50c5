//! Threats to data flows that a risk is made of.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, flow_threat, organization, risk, tenancy, threat_model};

/// A row of `risk_flow_threat`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_flow_threat")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub risk_id: Id<risk::Entity>,
    pub flow_threat_id: Id<flow_threat::Entity>,
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
    #[sea_orm(belongs_to = "risk::Entity", from = "Column::RiskId", to = "risk::Column::Id")]
    Risk,
    #[sea_orm(
        belongs_to = "flow_threat::Entity",
        from = "Column::FlowThreatId",
        to = "flow_threat::Column::Id"
    )]
    FlowThreat,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<risk::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Risk.def()
    }
}

impl Related<flow_threat::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::FlowThreat.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
