//! The packs that can be imported, and what they bring.

use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    library::{self, Overlay, Preview, SourcePack, overlays, query},
    permission,
};
use entity::pack;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{TAG, no_such_pack, organization_of};
use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::Params,
    resource::{describe, query_parameter, refusal},
    routing::get_with,
    state::AppState,
};

/// All packs of the catalogue.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Available {
    packs: Vec<SourcePack>,
    total: usize,
    /// How many of them are imported.
    in_database: usize,
    /// How many were imported in another version.
    needs_update: usize,
}

/// The mappings of a pack to frameworks.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Overlays {
    #[serde(rename = "overlays")]
    found: Vec<Overlay>,
    total: usize,
    /// How many concern a framework that is imported.
    available_count: usize,
}

async fn available(
    State(state): State<AppState>,
    actor: Allowed<permission::ReadLibrary>,
    params: Params,
) -> Result<Json<Available>> {
    let organization = organization_of(&actor, params.reference("organization"))?;
    let imported = query::imported(state.store.read(&actor), organization).await?;
    let packs = state.catalogue.packs().await;
    let packs: Vec<SourcePack> =
        packs.iter().map(|pack| SourcePack::new(pack, &packs, &imported)).collect();
    Ok(Json(Available {
        total: packs.len(),
        in_database: packs.iter().filter(|pack| pack.is_in_database).count(),
        needs_update: packs.iter().filter(|pack| pack.needs_update).count(),
        packs,
    }))
}

async fn preview(
    State(state): State<AppState>,
    actor: Allowed<permission::ReadLibrary>,
    Key(key): Key<pack::Entity>,
) -> Result<Json<Preview>> {
    let pack = state.store.read(&actor).get(key).await?;
    let packs = state.catalogue.packs().await;
    let source = packs.by_slug(&pack.slug).ok_or_else(|| no_such_pack(&pack.slug))?;
    Ok(Json(Preview::new(source)))
}

async fn preview_from_source(
    State(state): State<AppState>,
    _: Allowed<permission::ReadLibrary>,
    params: Params,
) -> Result<Json<Preview>> {
    let path = path_in(&params)?;
    let packs = state.catalogue.packs().await;
    let missing =
        || domain::Error::missing(format!("Pack at '{path}' not found in libraries folder"));
    Ok(Json(Preview::new(packs.at(path).ok_or_else(missing)?)))
}

async fn available_overlays(
    State(state): State<AppState>,
    actor: Allowed<permission::ReadLibrary>,
    params: Params,
) -> Result<Json<Overlays>> {
    let path = path_in(&params)?;
    let organization = organization_of(&actor, params.reference("organization"))?;
    let packs = state.catalogue.packs().await;
    let found = match packs.at(path) {
        None => Vec::new(),
        Some(pack) => {
            let scope = state.store.read(&actor);
            overlays(pack, &query::framework_names(scope, organization).await?)
        }
    };
    Ok(Json(Overlays {
        total: found.len(),
        available_count: found.iter().filter(|overlay| overlay.framework_exists).count(),
        found,
    }))
}

fn path_in(params: &Params) -> domain::Result<&str> {
    let path = params.get("path");
    let path = path.ok_or_else(|| domain::Error::unfit("Pack path is required"))?;
    if library::catalogue::leads_out(path) {
        return Err(domain::Error::unfit("The path leads out of the libraries folder"));
    }
    Ok(path)
}

pub(super) fn routes() -> ApiRouter<AppState> {
    let text = || json!({"type": "string"});
    let number = || json!({"type": "integer", "format": "int64"});
    ApiRouter::new()
        .api_route(
            "/api/packs/available_from_source/",
            get_with(available, move |operation| {
                let operation = describe(operation, "listAvailablePacks", TAG);
                query_parameter(operation, "organization", "Whose library is looked at.", number())
                    .summary("List packs that can be imported")
            }),
        )
        .api_route(
            "/api/packs/preview_from_source/",
            get_with(preview_from_source, move |operation| {
                let operation = describe(operation, "previewAvailablePack", TAG);
                query_parameter(operation, "path", "The folder below the catalogue.", text())
                    .summary("Preview a pack that can be imported")
                    .with(|operation| refusal(operation, 400, "No folder of the catalogue."))
                    .with(|operation| refusal(operation, 404, "No pack is there."))
            }),
        )
        .api_route(
            "/api/packs/available_overlays/",
            get_with(available_overlays, move |operation| {
                let operation = describe(operation, "listPackOverlays", TAG);
                let operation =
                    query_parameter(operation, "path", "The folder below the catalogue.", text());
                query_parameter(operation, "organization", "Whose frameworks count.", number())
                    .summary("List the frameworks a pack maps to")
            }),
        )
        .api_route(
            "/api/packs/{id}/preview/",
            get_with(preview, |operation| {
                describe(operation, "previewPack", TAG).summary("Preview an imported pack")
            }),
        )
}
