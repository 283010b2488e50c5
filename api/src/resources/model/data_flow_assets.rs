use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::{data_flow, placement},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id,
    choice::ProtectionMethod,
    data_asset,
    data_flow::Entity as DataFlow,
    data_flow_asset::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Which flows transport which data assets.
pub struct DataFlowAssets;

/// A data asset in a flow.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataFlowAsset {
    id: Id<Entity>,
    data_flow: Id<DataFlow>,
    /// The names of both ends: `source → destination`.
    data_flow_name: String,
    data_asset: Id<data_asset::Entity>,
    data_asset_name: String,
    protection_method: ProtectionMethod,
    encryption_type: String,
    format: String,
    sensitivity_override: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for DataFlowAssets {
    const NAME: &'static str = "DataFlowAsset";
    const PATH: &'static str = "/api/data-flow-assets/";
    const TAG: &'static str = "Data assets in flows";
    const UNIQUE: &'static str = "data_flow, data_asset";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("data_flow", Column::DataFlowId, vouch::<DataFlow>).required(),
        Field::reference("data_asset", Column::DataAssetId, vouch::<data_asset::Entity>).required(),
        Field::choice::<ProtectionMethod>("protection_method", Column::ProtectionMethod, "none"),
        Field::text("encryption_type", Column::EncryptionType, 50),
        Field::text("format", Column::Format, 50),
        Field::text("sensitivity_override", Column::SensitivityOverride, 20),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("data_flow", Column::DataFlowId, vouch::<DataFlow>),
        Filter::reference("data_asset", Column::DataAssetId, vouch::<data_asset::Entity>),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("id", Column::Id), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = DataFlowAsset;
    type Item = DataFlowAsset;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        placement::in_flow(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        placement::move_flow(before, draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<DataFlowAsset>> {
        let flows = rows.iter().map(|row| row.data_flow_id);
        let flows = data_flow::names(scope, flows).await?;
        let assets = rows.iter().map(|row| row.data_asset_id);
        let assets = scope.lookup(assets, data_asset::Column::Name).await?;
        let view = |row: Model| DataFlowAsset {
            id: row.id,
            data_flow: row.data_flow_id,
            data_flow_name: flows.get(&row.data_flow_id).cloned().unwrap_or_default(),
            data_asset: row.data_asset_id,
            data_asset_name: assets.get(&row.data_asset_id).cloned().unwrap_or_default(),
            protection_method: row.protection_method,
            encryption_type: row.encryption_type,
            format: row.format,
            sensitivity_override: row.sensitivity_override,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<DataFlowAsset>> {
        Self::views(rows, scope).await
    }
}

/// The routes of data assets in flows.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<DataFlowAssets>()
}
