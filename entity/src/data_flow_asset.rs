//! Data assets in a flow.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted, choice::ProtectionMethod, data_asset, data_flow, organization,
    tenancy, threat_model,
};

/// A row of `data_flow_asset`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "data_flow_asset")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub data_flow_id: Id<data_flow::Entity>,
    pub data_asset_id: Id<data_asset::Entity>,
    pub protection_method: ProtectionMethod,
    pub encryption_type: String,
    pub format: String,
    pub sensitivity_override: String,
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
        belongs_to = "data_flow::Entity",
        from = "Column::DataFlowId",
        to = "data_flow::Column::Id"
    )]
    DataFlow,
    #[sea_orm(
        belongs_to = "data_asset::Entity",
        from = "Column::DataAssetId",
        to = "data_asset::Column::Id"
    )]
    DataAsset,
}

impl Related<threat_model::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::ThreatModel.def()
    }
}

impl Related<data_flow::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DataFlow.def()
    }
}

impl Related<data_asset::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DataAsset.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::ThreatModel(Column::ThreatModelId);

    /// Follows the threat model; without one, the flow.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, data_flow::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::DataFlowId,
            actor,
        )
    }
}
