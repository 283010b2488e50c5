use aide::axum::ApiRouter;
use axum::{extract::State, http::StatusCode};
use domain::{
    Result, Scope, Transaction, link, permission::SignedIn, sharing::magic_link as rules,
};
use entity::{
    Id,
    shared_model::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    error::Result as Answer,
    extract::{Allowed, Key},
    input::{Body, Field, Sort},
    resource::{Resource, Sorting, describe, read_only_routes},
    routing::delete_with,
    state::AppState,
    wire::Timestamp,
};

/// Models that the caller opened through links.
struct SharedModels;

/// A threat model that was opened through a link. The entry gives no access to the model itself.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedModel {
    id: Id<Entity>,
    threat_model_id: Id<threat_model::Entity>,
    threat_model_name: String,
    threat_model_description: String,
    organization_name: String,
    /// Who made the link.
    shared_by: Option<Sharer>,
    /// Below the address of the front end; null when the link is no longer valid.
    share_url: Option<String>,
    first_accessed_at: Timestamp,
    last_accessed_at: Timestamp,
    access_count: i32,
}

/// Who made a link.
#[derive(Serialize, JsonSchema)]
struct Sharer {
    email: String,
    name: String,
}

impl Resource for SharedModels {
    const NAME: &'static str = "SharedModel";
    const PATH: &'static str = "/api/shared-with-me/";
    const TAG: &'static str = "Shared with me";
    const FIELDS: &'static [Field<Column>] = &[];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("last_accessed_at", Column::LastAccessedAt),
        Sort::by("first_accessed_at", Column::FirstAccessedAt),
        Sort::by("access_count", Column::AccessCount),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("last_accessed_at", Column::LastAccessedAt), Order::Desc)];

    type Read = SignedIn;
    type Write = SignedIn;
    type Entity = Entity;
    type View = SharedModel;
    type Item = SharedModel;

    async fn prepare(_: &mut ActiveModel, _: &Body, _: &Transaction<'_>) -> Result<()> {
        Ok(())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<SharedModel>> {
        let mut entries = rules::entries(scope, rows.iter().map(|row| row.id)).await?;
        let view = |row: Model| Some(shared_model(&row, entries.remove(&row.id)?));
        Ok(rows.into_iter().filter_map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<SharedModel>> {
        Self::views(rows, scope).await
    }
}

fn shared_model(row: &Model, entry: rules::Entry) -> SharedModel {
    SharedModel {
        id: row.id,
        threat_model_id: row.threat_model_id,
        threat_model_name: entry.name,
        threat_model_description: entry.description,
        organization_name: entry.organization,
        shared_by: entry.shared_by.map(|(email, name)| Sharer { email, name }),
        share_url: entry.token.map(|token| link::share_path(&token)),
        first_accessed_at: row.first_accessed_at.into(),
        last_accessed_at: row.last_accessed_at.into(),
        access_count: row.access_count,
    }
}

async fn remove(
    State(state): State<AppState>,
    actor: Allowed<SignedIn>,
    Key(key): Key<Entity>,
) -> Answer<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    transaction.delete(key).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    read_only_routes::<SharedModels>().api_route(
        "/api/shared-with-me/{id}/remove/",
        delete_with(remove, |operation| {
            describe(operation, "removeSharedModel", SharedModels::TAG)
                .summary("Remove a model from the list")
                .response_with::<204, (), _>(|response| response.description("Removed."))
        }),
    )
}
