//! Taking packs out again, and what they need.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    library::{
        DependencyCheck, PackName, Removal, Unimport, check_dependencies, dry_run, unimport,
    },
    permission,
};
use entity::pack;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::TAG;
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::Params,
    resource::{describe, query_parameter, refusal},
    routing::{delete_with, get_with},
    state::AppState,
};

/// What an unimport did or would do.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Removed {
    pack: PackName,
    to_delete: Removal,
    dry_run: bool,
    message: &'static str,
    /// Only when it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<bool>,
}

async fn remove(
    State(state): State<AppState>,
    actor: Allowed<permission::WriteLibrary>,
    Key(key): Key<pack::Entity>,
    params: Params,
) -> Result<Json<Removed>> {
    let outcome = if params.is_true("dry_run") {
        dry_run(&state.store, &actor, key).await?
    } else {
        unimport(&state.store, &actor, key).await?
    };
    match outcome {
        Unimport::Needed(dependents) => Err(needed(&dependents)),
        Unimport::Counted(pack, to_delete) => Ok(Json(Removed {
            pack,
            to_delete,
            dry_run: true,
            message: "Dry run - no changes made",
            deleted: None,
        })),
        Unimport::Done(pack, to_delete) => Ok(Json(Removed {
            pack,
            to_delete,
            dry_run: false,
            message: "Pack unimported successfully",
            deleted: Some(true),
        })),
    }
}

fn needed(dependents: &[String]) -> Error {
    let text = "Cannot unimport: other packs depend on this one";
    let body = json!({"error": text, "dependentPacks": dependents});
    Error::Answer(StatusCode::BAD_REQUEST, Box::new(body))
}

async fn dependencies(
    State(state): State<AppState>,
    actor: Allowed<permission::ReadLibrary>,
    Key(key): Key<pack::Entity>,
) -> Result<Json<DependencyCheck>> {
    Ok(Json(check_dependencies(state.store.read(&actor), key).await?))
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/packs/{id}/unimport/",
            delete_with(remove, |operation| {
                let operation = describe(operation, "unimportPack", TAG);
                let text = "Only count what would be deleted.";
                query_parameter(operation, "dry_run", text, json!({"type": "boolean"}))
                    .summary("Remove a pack and what it brought")
                    .with(|operation| refusal(operation, 400, "Other packs need it."))
            }),
        )
        .api_route(
            "/api/packs/{id}/check_dependencies/",
            get_with(dependencies, |operation| {
                describe(operation, "checkPackDependencies", TAG).summary("Check what a pack needs")
            }),
        )
}
