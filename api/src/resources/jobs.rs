//! Background jobs: their state, their progress, and what may be done about them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use aide::{
    axum::ApiRouter,
    openapi::{MediaType, ReferenceOr, Response as OpenApiResponse, StatusCode as Code},
    transform::TransformOperation,
};
use axum::{
    Json,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{
    job,
    permission::{ReadJobs, SignedIn},
};
use entity::{Id, choice::JobState, job::Model, organization};
use futures::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    extract::{Allowed, Caller},
    input::Params,
    resource::{Page, describe, page_of, page_parameter, refusal},
    routing::{get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

const TAG: &str = "Jobs";
/// How often a silent stream of events says that it is alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A background job.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Job")]
struct View {
    id: Uuid,
    organization: Option<Id<organization::Entity>>,
    /// What is done, such as `import_pack`.
    kind: String,
    /// The job of which this one is a part, such as the sync of a pack.
    parent: Option<Uuid>,
    state: JobState,
    attempts: i32,
    max_attempts: i32,
    progress: Progress,
    /// What came out; null until it is done.
    result: Option<Value>,
    /// Why the last attempt failed.
    error: Option<String>,
    created_at: Timestamp,
    started_at: Option<Timestamp>,
    finished_at: Option<Timestamp>,
}

/// How far a job is.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "JobProgress")]
struct Progress {
    done: i64,
    /// Null while unknown.
    total: Option<i64>,
    message: String,
}

impl From<Model> for View {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            organization: row.organization_id,
            kind: row.kind,
            parent: row.parent_id,
            state: row.state,
            attempts: row.attempts,
            max_attempts: row.max_attempts,
            progress: Progress {
                done: row.progress_done,
                total: row.progress_total,
                message: row.progress_message,
            },
            result: row.result.map(entity::Document::into_inner),
            error: row.error,
            created_at: row.created_at.into(),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
        }
    }
}

/// The job that a path names. A malformed id names nothing: 404.
struct JobKey(Uuid);

#[derive(Deserialize, JsonSchema)]
struct JobPath {
    #[schemars(with = "Uuid")]
    id: String,
}

impl<S: Send + Sync> FromRequestParts<S> for JobKey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(path) = Path::<JobPath>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::not_found())?;
        path.id.parse().map(Self).map_err(|_| Error::not_found())
    }
}

impl aide::OperationInput for JobKey {
    fn operation_input(
        context: &mut aide::generate::GenContext,
        operation: &mut aide::openapi::Operation,
    ) {
        <Path<JobPath> as aide::OperationInput>::operation_input(context, operation);
        crate::extract::document_problem(context, operation, 404, "There is no such job.");
    }
}

/// Jobs that you asked for, and all of organizations whose security team you belong to, latest
/// first.
async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadJobs>,
    params: Params,
) -> Result<Json<Page<View>>> {
    let (rows, place) = page_of(job::list(state.store.read(&actor)), &params).await?;
    Ok(Json(place.page(rows.into_iter().map(View::from).collect(), &params)))
}

/// One job with its state, its progress and its result.
async fn show(
    State(state): State<AppState>,
    actor: Allowed<ReadJobs>,
    JobKey(id): JobKey,
) -> Result<Json<View>> {
    Ok(Json(job::find(state.store.read(&actor), id).await?.into()))
}

/// Starts a job that failed or was cancelled again.
async fn retry(
    State(state): State<AppState>,
    actor: Allowed<SignedIn>,
    JobKey(id): JobKey,
) -> Result<Json<View>> {
    let transaction = state.store.write(&actor).await?;
    let row = job::retry(&transaction, id).await?;
    transaction.commit().await?;
    Ok(Json(row.into()))
}

/// Stops a job that has not ended.
async fn cancel(
    State(state): State<AppState>,
    actor: Allowed<SignedIn>,
    JobKey(id): JobKey,
) -> Result<Json<View>> {
    let transaction = state.store.write(&actor).await?;
    let row = job::cancel(&transaction, id).await?;
    transaction.commit().await?;
    state.queue.announce(id).await;
    Ok(Json(row.into()))
}

/// The job as server-sent events: one now, one after each change, the last when it has ended. With
/// `Last-Event-ID`, the first comes only if the job has changed since that event; 204 if it has
/// ended and nothing more will come. The stream ends within seconds when you may not see the job any
/// more or your access token ends; go on with a new one.
async fn events(
    State(state): State<AppState>,
    actor: Allowed<ReadJobs>,
    JobKey(id): JobKey,
    LastEvent(seen): LastEvent,
) -> Result<Response> {
    let first = job::find(state.store.read(&actor), id).await?;
    let said = said(&first);
    let begin = match seen {
        Some(seen) if seen == event_id(&said) && has_ended(&first) => {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        Some(seen) if seen == event_id(&said) => Watch::Known(said),
        _ => Watch::Next(Box::new(first)),
    };
    let events = changes(state, actor.caller(), id, begin);
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    *response.status_mut() = StatusCode::OK;
    Ok(response)
}

/// The last event that a client got before its connection broke.
struct LastEvent(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for LastEvent {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let id = parts.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        Ok(Self(id.map(str::to_owned)))
    }
}

impl aide::OperationInput for LastEvent {}

/// Where a stream of events stands.
enum Watch {
    /// This is to be told.
    Next(Box<Model>),
    /// This was told.
    Known(String),
    Ended,
}

fn changes(
    state: AppState,
    caller: Arc<Caller>,
    id: Uuid,
    watch: Watch,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let news = state.queue.completions().changes(id);
    let begin = (state, caller, news, watch);
    futures::stream::unfold(begin, move |(state, caller, mut news, watch)| async move {
        let row = match watch {
            Watch::Next(row) => *row,
            Watch::Known(before) => loop {
                news.next().await;
                let actor = caller.now(&state).await.ok()??;
                let row = job::find(state.store.read(&actor), id).await.ok()?;
                if said(&row) != before {
                    break row;
                }
            },
            Watch::Ended => return None,
        };
        let ended = has_ended(&row);
        let said = said(&row);
        let event = Event::default().event("job").id(event_id(&said)).data(&said);
        let next = if ended { Watch::Ended } else { Watch::Known(said) };
        Some((Ok(event), (state, caller, news, next)))
    })
}

const fn has_ended(row: &Model) -> bool {
    matches!(row.state, JobState::Done | JobState::Failed | JobState::Cancelled)
}

fn said(row: &Model) -> String {
    serde_json::to_string(&View::from(row.clone())).unwrap_or_default()
}

/// Names the state that an event tells. A client that comes back gets the present state if it does
/// not know it, so nothing is lost.
fn event_id(said: &str) -> String {
    domain::account::secret::digest(said).chars().take(16).collect()
}

/// Documents the stream of events.
fn stream_answer(mut operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let content = [("text/event-stream".to_owned(), MediaType::default())].into_iter().collect();
    let response = OpenApiResponse {
        description: "Events `job`, whose data is the job as JSON.".to_owned(),
        content,
        ..Default::default()
    };
    let responses = operation.inner_mut().responses.get_or_insert_default();
    responses.responses.insert(Code::Code(200), ReferenceOr::Item(response));
    operation
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    let base = "/api/jobs/{id}/";
    ApiRouter::new()
        .api_route(
            "/api/jobs/",
            get_with(list, |operation| {
                page_parameter(describe(operation, "listJobs", TAG)).summary("Your jobs")
            }),
        )
        .api_route(
            base,
            get_with(show, |operation| describe(operation, "getJob", TAG).summary("One job")),
        )
        .api_route(
            &format!("{base}retry/"),
            post_with(retry, |operation| {
                let operation = describe(operation, "retryJob", TAG).summary("Start a job again");
                refusal(operation, 400, "The job has neither failed nor been cancelled.")
            }),
        )
        .api_route(
            &format!("{base}cancel/"),
            post_with(cancel, |operation| {
                let operation = describe(operation, "cancelJob", TAG).summary("Stop a job");
                refusal(operation, 400, "The job has ended already.")
            }),
        )
        .api_route(
            &format!("{base}events/"),
            get_with(events, |operation| {
                stream_answer(
                    describe(operation, "watchJob", TAG).summary("A job as server-sent events"),
                )
            }),
        )
}
