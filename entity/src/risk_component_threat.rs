//! Threats to components that a risk is made of.

use sea_orm::entity::prelude::*;

use crate::{Id, Reach, Tenanted, component_threat, organization, risk, tenancy, threat_model};

/// A row of `risk_component_threat`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "risk_component_threat")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Id<threat_model::Entity>,
    pub risk_id: Id<risk::Entity>,
    pub component_threat_id: Id<component_threat::Entity>,
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
        belongs_to = "component_threat::Entity",
        from = "Column::ComponentThreatId",
        to = "component_threat::Column::Id"
    )]
    ComponentThreat,
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

impl Related<component_threat::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ComponentThreat.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);
}
