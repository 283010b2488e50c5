use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::placement,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id,
    choice::DataState,
    component,
    component_data_asset::{ActiveModel, Column, Entity, Model},
    data_asset,
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

/// Which components hold or process which data assets.
pub struct Placements;

/// A data asset in a component.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ComponentDataAsset")]
pub struct Placement {
    id: Id<Entity>,
    component: Id<component::Entity>,
    component_name: String,
    data_asset: Id<data_asset::Entity>,
    data_asset_name: String,
    data_state: DataState,
    volume: String,
    encrypted: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for Placements {
    const NAME: &'static str = "ComponentDataAsset";
    const PATH: &'static str = "/api/component-data-assets/";
    const TAG: &'static str = "Data assets in components";
    const UNIQUE: &'static str = "component, data_asset";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("component", Column::ComponentId, vouch::<component::Entity>).required(),
        Field::reference("data_asset", Column::DataAssetId, vouch::<data_asset::Entity>).required(),
        Field::choice::<DataState>("data_state", Column::DataState, "processed"),
        Field::text("volume", Column::Volume, 100),
        Field::flag("encrypted", Column::Encrypted),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("component", Column::ComponentId, vouch::<component::Entity>),
        Filter::reference("data_asset", Column::DataAssetId, vouch::<data_asset::Entity>),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("id", Column::Id), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = Placement;
    type Item = Placement;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        placement::in_component(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        placement::move_component(before, draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Placement>> {
        let components = rows.iter().map(|row| row.component_id);
        let components = scope.lookup(components, component::Column::Name).await?;
        let assets = rows.iter().map(|row| row.data_asset_id);
        let assets = scope.lookup(assets, data_asset::Column::Name).await?;
        let view = |row: Model| Placement {
            id: row.id,
            component: row.component_id,
            component_name: components.get(&row.component_id).cloned().unwrap_or_default(),
            data_asset: row.data_asset_id,
            data_asset_name: assets.get(&row.data_asset_id).cloned().unwrap_or_default(),
            data_state: row.data_state,
            volume: row.volume,
            encrypted: row.encrypted,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Placement>> {
        Self::views(rows, scope).await
    }
}

/// The routes of data assets in components.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Placements>()
}
