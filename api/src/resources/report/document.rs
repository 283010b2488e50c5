use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    permission::ReadModels,
    report::{self, Counting, Report},
};
use entity::threat_model;
use serde_json::json;

use super::TAG;
use crate::{
    error::Result,
    extract::{Allowed, Key},
    input::Params,
    resource::{describe, query_parameter},
    routing::get_with,
    state::AppState,
};

/// Everything about a threat model in one document.
async fn show(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
    params: Params,
) -> Result<Json<Report>> {
    let active_only = params.is_true("activeOnly") || params.is_true("active_only");
    let counting = if active_only { Counting::ActiveThreats } else { Counting::AllThreats };
    Ok(Json(report::report(state.store.read(&actor), model, counting).await?))
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/threat-models/{id}/report/",
        get_with(show, |operation| {
            let operation = describe(operation, "getThreatModelReport", TAG).summary("Report");
            let text = "Leave countermeasures of dismissed threats out of the compliance section.";
            query_parameter(operation, "activeOnly", text, json!({"type": "boolean"}))
        }),
    )
}
