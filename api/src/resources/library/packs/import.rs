//! Importing packs: one, or all.

use std::collections::HashMap;

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Error as DomainError,
    job::{ImportPack, Job, SyncPacks},
    library::{
        ImportAnswer, ImportResult, Renewal, SyncResult, Validation, Warnings, Wish, query,
        validate,
    },
    permission::{self, Reading},
};
use entity::{Actor, Id, organization};
use schemars::JsonSchema;
use serde_json::Value;

use super::{TAG, no_such_pack, organization_of};
use crate::{
    error::Result,
    extract::Allowed,
    input::{Body, read_text},
    resource::{answer, describe, json_body, refusal},
    routing::post_with,
    state::AppState,
    wait::{Prefer, Waited, accepted, wait_for},
};

/// Which pack, and what is wanted of it.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "PackImport")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct ImportBody {
    /// The slug of a pack of the catalogue.
    slug: String,
    /// Import again what is imported already.
    force: Option<bool>,
    /// Slugs of the frameworks to map to; absent or null for all.
    selected_overlays: Option<Vec<String>>,
    /// Import in spite of warnings.
    accept_warnings: Option<bool>,
    /// Whose library it joins; the caller's first if absent.
    organization: Option<i64>,
}

/// What is wanted of a sync.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "PackSync")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct SyncBody {
    /// Import again what is imported already.
    force: Option<bool>,
    /// Whose library they join; the caller's first if absent.
    organization: Option<i64>,
}

/// Why a pack was not imported.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "PackNotImported")]
#[expect(dead_code, reason = "describes answers that are made elsewhere")]
enum Unimportable {
    /// The pack needs others, or another version of them.
    Outdated(ImportResult),
    /// Files of the pack have errors.
    Invalid(Validation),
    /// The body is wrong, by field.
    Fields(HashMap<String, Value>),
}

/// Which pack.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "PackReference")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct PackBody {
    /// The slug of a pack of the catalogue.
    slug: String,
    /// Against whose library it is checked; the caller's first if absent.
    organization: Option<i64>,
}

async fn import_single(
    State(state): State<AppState>,
    actor: Allowed<permission::WriteLibrary>,
    prefer: Prefer,
    body: Body,
) -> Result<Response> {
    let slug = slug_in(&body)?;
    let organization = secured(&actor, &body)?;
    if state.catalogue.packs().await.by_slug(&slug).is_none() {
        return Err(no_such_pack(&slug).into());
    }
    let wish = Wish {
        renewal: renewal_in(&body)?,
        warnings: if body.flag("accept_warnings")? { Warnings::Accept } else { Warnings::Block },
        overlays: selection_in(&body)?,
    };
    let job = ImportPack { organization: organization.key(), slug: slug.clone(), wish };
    match done(&state, &actor, &job, prefer).await? {
        Waited::UnderWay(id) => Ok(accepted(id)),
        Waited::Done(answer) => Ok(answered(answer, &slug)),
    }
}

fn answered(answer: ImportAnswer, slug: &str) -> Response {
    match answer {
        ImportAnswer::Imported(result) => (StatusCode::CREATED, Json(result)).into_response(),
        ImportAnswer::Outdated(result) => (StatusCode::BAD_REQUEST, Json(result)).into_response(),
        ImportAnswer::Invalid(found) => (StatusCode::BAD_REQUEST, Json(found)).into_response(),
        ImportAnswer::Doubtful(found) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Json(found)).into_response()
        }
        ImportAnswer::Unknown => crate::error::Error::from(no_such_pack(slug)).into_response(),
    }
}

async fn sync_from_source(
    State(state): State<AppState>,
    actor: Allowed<permission::WriteLibrary>,
    prefer: Prefer,
    body: Body,
) -> Result<Response> {
    let organization = secured(&actor, &body)?;
    let job = SyncPacks { organization: organization.key(), renewal: renewal_in(&body)? };
    match done(&state, &actor, &job, prefer).await? {
        Waited::UnderWay(id) => Ok(accepted(id)),
        Waited::Done(result) => Ok(Json(result).into_response()),
    }
}

async fn validate_pack(
    State(state): State<AppState>,
    actor: Allowed<Reading<permission::WriteLibrary>>,
    body: Body,
) -> Result<Json<Validation>> {
    let slug = slug_in(&body)?;
    let organization = secured(&actor, &body)?;
    let packs = state.catalogue.packs().await;
    let pack = packs.by_slug(&slug).ok_or_else(|| no_such_pack(&slug))?;
    let known = query::known_library(state.store.read(&actor), organization).await?;
    Ok(Json(validate(pack, &packs, &known)))
}

/// Enqueues a job and waits for its end.
async fn done<J: Job>(
    state: &AppState,
    actor: &Actor,
    job: &J,
    prefer: Prefer,
) -> Result<Waited<J::Output>> {
    let transaction = state.store.write(actor).await?;
    let id = transaction.enqueue(job).await?;
    transaction.commit().await?;
    wait_for::<J>(state, id, prefer).await
}

fn slug_in(body: &Body) -> Result<String> {
    Ok(body.text("slug")?.ok_or_else(|| DomainError::unfit("Pack slug is required"))?)
}

fn renewal_in(body: &Body) -> Result<Renewal> {
    Ok(if body.flag("force")? { Renewal::Force } else { Renewal::Missing })
}

/// The frameworks named in the body; absent for all.
fn selection_in(body: &Body) -> Result<Option<Vec<String>>> {
    let wrong = |message: &str| DomainError::invalid("selected_overlays", message);
    match body.get("selected_overlays") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(slugs)) => {
            let slugs = slugs.iter().map(read_text).collect::<Result<Vec<_>, _>>();
            Ok(Some(slugs.map_err(|message| wrong(&message))?))
        }
        Some(_) => Err(wrong("Expected a list of items.").into()),
    }
}

/// The organization whose library is meant. The caller must belong to its security team.
fn secured(actor: &Actor, body: &Body) -> Result<Id<organization::Entity>> {
    let organization = organization_of(actor, body.reference("organization")?)?;
    if actor.secures(organization) {
        return Ok(organization);
    }
    Err(DomainError::forbidden().into())
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/packs/import_single/",
            post_with(import_single, |operation| {
                json_body::<ImportBody>(describe(operation, "importPack", TAG))
                    .summary("Import a pack")
                    .description(
                        "Waits for the import. With `Prefer: respond-async`, or when it takes \
                         longer, the answer is 202 with the address of the job.",
                    )
                    .response_with::<201, Json<ImportResult>, _>(|response| {
                        response.description("Imported, now or before.")
                    })
                    .response_with::<422, Json<Validation>, _>(|response| {
                        response.description("There are warnings.")
                    })
                    .with(|operation| refusal(operation, 404, "There is no such pack."))
                    .with(|operation| {
                        let text = "The body is wrong, or the pack cannot be imported.";
                        answer::<Unimportable>(operation, 400, text)
                    })
            }),
        )
        .api_route(
            "/api/packs/sync_from_source/",
            post_with(sync_from_source, |operation| {
                json_body::<SyncBody>(describe(operation, "syncPacks", TAG))
                    .summary("Import all packs")
                    .description(
                        "Waits for the imports. With `Prefer: respond-async`, or when they take \
                         longer, the answer is 202 with the address of the job.",
                    )
                    .response_with::<200, Json<SyncResult>, _>(|response| {
                        response.description("What became of each pack.")
                    })
            }),
        )
        .api_route(
            "/api/packs/validate/",
            post_with(validate_pack, |operation| {
                json_body::<PackBody>(describe(operation, "validatePack", TAG))
                    .summary("Check a pack")
                    .with(|operation| refusal(operation, 404, "There is no such pack."))
            }),
        )
}
