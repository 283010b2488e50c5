//! Data assets in a component.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted, choice::DataState, component, data_asset, organization, tenancy,
    threat_model,
};

/// A row of `component_data_asset`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "component_data_asset")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub threat_model_id: Option<Id<threat_model::Entity>>,
    pub component_id: Id<component::Entity>,
    pub data_asset_id: Id<data_asset::Entity>,
    pub data_state: DataState,
    pub volume: String,
    pub encrypted: bool,
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
        belongs_to = "component::Entity",
        from = "Column::ComponentId",
        to = "component::Column::Id"
    )]
    Component,
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

impl Related<component::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Component.def()
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

    /// Follows the threat model; without one, the component.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::following_or::<_, component::Entity>(
            Column::OrganizationId,
            Column::ThreatModelId,
            Column::ComponentId,
            actor,
        )
    }
}
