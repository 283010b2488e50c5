//! Endpoints that answer with the result of a job: they enqueue it and wait for its end.

use std::time::Duration;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{
        Header, HeaderStyle, MediaType, Operation, Parameter, ParameterData,
        ParameterSchemaOrContent, ReferenceOr, Response as OpenApiResponse, SchemaObject,
        StatusCode as Code,
    },
};
use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::job::Job;
use entity::choice::JobState;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    state::AppState,
};

/// How long an endpoint waits for its job if the request says nothing.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// The longest wait that a request may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(55);

/// How long the client wants to wait: the `Prefer` header (RFC 7240), `respond-async` or `wait=N`.
#[derive(Clone, Copy, Debug)]
pub struct Prefer {
    wait: Duration,
}

/// What became of a job within the wait.
#[derive(Debug)]
pub enum Waited<T> {
    /// It is done.
    Done(T),
    /// It is still under way. Answers 202 with the address of the job.
    UnderWay(Uuid),
}

/// Waits for the end of a job that was enqueued and committed.
pub async fn wait_for<J: Job>(
    state: &AppState,
    id: Uuid,
    prefer: Prefer,
) -> Result<Waited<J::Output>> {
    let settled = state.queue.completions().wait(&state.store, id, prefer.wait).await?;
    let Some(job) = settled else { return Ok(Waited::UnderWay(id)) };
    if job.state != JobState::Done {
        let text = job.error.unwrap_or_else(|| "The job was cancelled.".to_owned());
        return Err(failed(id, &text));
    }
    let result = job.result.map(entity::Document::into_inner).unwrap_or_default();
    let output = serde_json::from_value(result)
        .map_err(|error| domain::Error::Internal(format!("the result of job {id}: {error}")))?;
    Ok(Waited::Done(output))
}

fn failed(id: Uuid, text: &str) -> Error {
    let body = json!({"detail": text, "code": "job_failed", "job": id});
    Error::Answer(StatusCode::INTERNAL_SERVER_ERROR, Box::new(body))
}

/// That a job is under way.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AcceptedJob", example = example())]
struct Accepted {
    job: Uuid,
    /// Always `accepted`.
    status: &'static str,
    /// The address of the job.
    url: String,
}

fn example() -> Accepted {
    Accepted::of(uuid::uuid!("0198f1c2-6f0b-7cc3-9a53-5d3f0d3b8e11"))
}

impl Accepted {
    fn of(job: Uuid) -> Self {
        Self { job, status: "accepted", url: format!("/api/jobs/{job}/") }
    }
}

/// The answer while a job is under way.
pub fn accepted(id: Uuid) -> Response {
    let body = Accepted::of(id);
    let location = [(header::LOCATION, body.url.clone())];
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}

impl<S: Send + Sync> FromRequestParts<S> for Prefer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self { wait: wait(&parts.headers) })
    }
}

fn wait(headers: &HeaderMap) -> Duration {
    let preferences: Vec<String> = headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split([',', ';']))
        .map(|preference| preference.trim().to_ascii_lowercase())
        .collect();
    let asked = preferences.iter().find_map(|preference| {
        let seconds = preference.strip_prefix("wait=")?.trim_matches('"').parse().ok()?;
        Some(Duration::from_secs(seconds))
    });
    match asked {
        Some(wait) => wait.min(LONGEST_WAIT),
        None if preferences.iter().any(|preference| preference == "respond-async") => {
            Duration::ZERO
        }
        None => DEFAULT_WAIT,
    }
}

impl OperationInput for Prefer {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        operation.parameters.push(ReferenceOr::Item(parameter()));
        let schema = context.schema.subschema_for::<Accepted>();
        let schema = SchemaObject { json_schema: schema, external_docs: None, example: None };
        let media = MediaType { schema: Some(schema), ..MediaType::default() };
        let response = OpenApiResponse {
            description: "The work goes on. `Location` is the address of its job.".to_owned(),
            headers: [("Location".to_owned(), ReferenceOr::Item(location()))].into_iter().collect(),
            content: [("application/json".to_owned(), media)].into_iter().collect(),
            ..OpenApiResponse::default()
        };
        let responses = operation.responses.get_or_insert_default();
        responses.responses.insert(Code::Code(202), ReferenceOr::Item(response));
    }
}

fn parameter() -> Parameter {
    let text = "`respond-async` for an answer at once, `wait=N` to wait up to N seconds.";
    Parameter::Header {
        parameter_data: ParameterData {
            name: "Prefer".to_owned(),
            description: Some(text.to_owned()),
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(text_schema()),
            example: Some(json!("respond-async")),
            examples: IndexMap::default(),
            explode: None,
            extensions: IndexMap::default(),
        },
        style: HeaderStyle::Simple,
    }
}

fn location() -> Header {
    Header {
        description: Some("The address of the job.".to_owned()),
        style: HeaderStyle::Simple,
        required: true,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(text_schema()),
        example: Some(json!("/api/jobs/0198f1c2-6f0b-7cc3-9a53-5d3f0d3b8e11/")),
        examples: IndexMap::default(),
        extensions: IndexMap::default(),
    }
}

fn text_schema() -> SchemaObject {
    let json_schema = schemars::json_schema!({"type": "string"});
    SchemaObject { json_schema, external_docs: None, example: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(value: &str) -> Duration {
        wait(&HeaderMap::from_iter([("prefer".parse().unwrap(), value.parse().unwrap())]))
    }

    #[test]
    fn a_request_says_how_long_it_waits() {
        assert_eq!(waiting("respond-async"), Duration::ZERO);
        assert_eq!(waiting("respond-async, wait=7"), Duration::from_secs(7));
        assert_eq!(waiting("wait=9999"), LONGEST_WAIT);
        assert_eq!(waiting("return=minimal"), DEFAULT_WAIT);
    }
}
