//! Whether the API lives and can work.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    resource::{answer, describe},
    routing::get_with,
    state::AppState,
};

/// That the API is up.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// Always `healthy`.
    status: &'static str,
}

/// Whether the parts that the API needs can be reached.
#[derive(Serialize, JsonSchema)]
pub struct Readiness {
    /// `ready` or `unready`.
    status: &'static str,
    /// `ok` or what is wrong with the database.
    database: &'static str,
    /// `ok` or what is wrong with the queue.
    queue: &'static str,
}

const TAG: &str = "Health";

/// Says that the API is up.
async fn health() -> Json<Health> {
    Json(Health { status: "healthy" })
}

/// Says whether database and queue can be reached: 200, or 503.
async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Readiness>) {
    let word = |ok: bool| if ok { "ok" } else { "unreachable" };
    let database = state.store.ping().await.is_ok();
    let queue = state.queue.ping().await.is_ok();
    let (code, status) = if database && queue {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unready")
    };
    (code, Json(Readiness { status, database: word(database), queue: word(queue) }))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/health/",
            get_with(health, |operation| describe(operation, "health", TAG).summary("Is it up?")),
        )
        .api_route(
            "/health/live",
            get_with(health, |operation| describe(operation, "live", TAG).summary("Is it alive?")),
        )
        .api_route(
            "/health/ready",
            get_with(ready, |operation| {
                let operation = describe(operation, "ready", TAG)
                    .summary("Can it work?")
                    .response_with::<200, Json<Readiness>, _>(|response| {
                        response.description("It can.")
                    });
                answer::<Readiness>(operation, 503, "Database or queue cannot be reached.")
            }),
        )
}
