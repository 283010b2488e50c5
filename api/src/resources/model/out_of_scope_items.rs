use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id,
    out_of_scope_item::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    input::{Body, Field, Sort},
    resource::{Resource, Sorting, below},
    state::AppState,
    wire::Timestamp,
};

/// What threat models leave out.
pub struct OutOfScopeItems;

/// Something that a threat model leaves out, and why.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutOfScopeItem {
    id: Id<Entity>,
    threat_model: Id<threat_model::Entity>,
    name: String,
    reason: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Model> for OutOfScopeItem {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            threat_model: row.threat_model_id,
            name: row.name,
            reason: row.reason,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl Resource for OutOfScopeItems {
    const NAME: &'static str = "OutOfScopeItem";
    const PATH: &'static str = "/api/threat-models/{id}/out-of-scope-items/";
    const TAG: &'static str = "Out-of-scope items";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("reason", Column::Reason),
    ];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("id", Column::Id),
        Sort::by("name", Column::Name),
        Sort::by("reason", Column::Reason),
        Sort::by("created_at", Column::CreatedAt),
        Sort::by("updated_at", Column::UpdatedAt),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = OutOfScopeItem;
    type Item = OutOfScopeItem;

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Ok(())
    }

    async fn views(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<OutOfScopeItem>> {
        Ok(rows.into_iter().map(OutOfScopeItem::from).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<OutOfScopeItem>> {
        Self::views(rows, scope).await
    }
}

/// The routes of out-of-scope items.
pub fn routes() -> ApiRouter<AppState> {
    below::routes::<OutOfScopeItems>()
}
