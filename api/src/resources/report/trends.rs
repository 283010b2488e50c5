use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    permission::ReadModels,
    report::trends::{self, Point},
};
use entity::threat_model;
use schemars::JsonSchema;
use serde::Serialize;

use super::TAG;
use crate::{
    error::Result,
    extract::{Allowed, Key},
    resource::describe,
    routing::get_with,
    state::AppState,
};

/// How the figures of a threat model changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Trends {
    /// Oldest first. Days on which nothing was kept are missing.
    points: Vec<Point>,
}

/// How the figures of a model changed within a year, day by day. The last point tells how they are
/// now; the others were kept once a day.
async fn show(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
) -> Result<Json<Trends>> {
    let scope = state.store.read(&actor);
    let model = scope.known(model).await?;
    Ok(Json(Trends { points: trends::of_model(scope, model).await? }))
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/threat-models/{id}/trends/",
        get_with(show, |operation| {
            describe(operation, "getThreatModelTrends", TAG).summary("Figures by day")
        }),
    )
}
