//! Threat models in formats of other tools.

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{
    Json,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    exchange::tm_library::{self, Source, Summary},
    permission::{ReadModels, WriteModels},
};
use entity::threat_model;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::Upload,
    resource::{answer, describe, json_body},
    router::DOCUMENT_LIMIT,
    routing::{get_with, post_with},
    state::AppState,
};

const TAG: &str = "Threat models";
const NOTHING: &str = "Provide a JSON file upload (field: 'file') or a JSON body.";

/// A threat model that was imported.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ImportedModel {
    threat_model: NamedModel,
    summary: Summary,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ImportedThreatModel")]
struct NamedModel {
    /// As text.
    id: String,
    name: String,
}

/// A document in the TM-Library format, version 1.0. Names of members are in snake case.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body in the API document")]
struct TmLibraryDocument {
    version: Option<String>,
    /// `title` is required.
    scope: serde_json::Map<String, Value>,
}

async fn import(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    document: Document,
) -> Result<(StatusCode, Json<ImportedModel>)> {
    let source = Source::read(document.0).map_err(unreadable)?;
    let transaction = state.store.write(&actor).await?;
    let imported = tm_library::import(&transaction, &source).await.map_err(refused)?;
    transaction.commit().await?;
    let model = NamedModel { id: imported.model.id.to_string(), name: imported.model.name };
    let answer = ImportedModel { threat_model: model, summary: imported.summary };
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn export(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
) -> Result<Response> {
    let (name, document) = Box::pin(tm_library::export(state.store.read(&actor), model)).await?;
    let disposition = format!("attachment; filename=\"{}\"", tm_library::file_name(&name));
    let disposition = HeaderValue::try_from(disposition)
        .unwrap_or_else(|_| HeaderValue::from_static("attachment"));
    Ok(([(header::CONTENT_DISPOSITION, disposition)], Json(document)).into_response())
}

fn unreadable(problems: Vec<String>) -> Error {
    Error::Answer(StatusCode::BAD_REQUEST, Box::new(json!({"detail": problems})))
}

/// What is wrong with a document is told in `detail`.
fn refused(error: domain::Error) -> Error {
    match error {
        domain::Error::Refused(domain::Refusal::Unfit, text) => unreadable(vec![text]),
        other => other.into(),
    }
}

/// A document as the body, or as the file of a form.
struct Document(Value);

impl<S: Send + Sync> FromRequest<S> for Document {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let mut upload = match Upload::from_request(request, state).await {
            Ok(upload) => upload,
            // A body that is no object: the text belongs into `detail` here.
            Err(Error::Domain(domain::Error::Invalid(_))) => {
                return Err(unreadable(vec!["The document must be an object.".to_owned()]));
            }
            Err(error) => return Err(error),
        };
        if let Some(file) = upload.take_file("file") {
            let document = serde_json::from_slice(&file.content)
                .map_err(|error| Error::bad_request(format!("JSON parse error - {error}")))?;
            return Ok(Self(document));
        }
        if upload.is_form() {
            return Err(Error::bad_request(NOTHING));
        }
        Ok(Self(Value::Object(upload.body.into_inner())))
    }
}

/// The operation describes its body itself.
impl aide::OperationInput for Document {}

fn describe_import(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = describe(operation, "importTmLibrary", TAG)
        .summary("Import a model in the TM-Library format")
        .description(
            "The document is the body, or the field `file` of a form. References that lead \
             nowhere are left out and told in `warnings`; a malformed document is refused with \
             texts that name the places. What has no place in a model is kept for the export.",
        );
    let operation = json_body::<TmLibraryDocument>(operation);
    answer::<ImportedModel>(operation, 201, "Imported.")
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/threat-models/import/tm-library/",
            post_with(import, describe_import).layer(DefaultBodyLimit::max(DOCUMENT_LIMIT)),
        )
        .api_route(
            "/api/threat-models/{id}/export/tm-library/",
            get_with(export, |operation| {
                describe(operation, "exportTmLibrary", TAG)
                    .summary("Export a model in the TM-Library format")
                    .response::<200, Json<TmLibraryDocument>>()
            }),
        )
}
