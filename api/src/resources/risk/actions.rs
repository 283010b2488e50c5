//! What else can be done with risks.

use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{permission::WriteModels, risk};
use schemars::JsonSchema;

use super::{
    TAG,
    record::{RiskKey, answer, found_writable, threats},
    view::View,
};
use crate::{
    error::Result,
    extract::Allowed,
    input::Body,
    resource::{describe, json_body},
    routing::post_with,
    state::AppState,
};

/// Threats of both kinds.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ThreatsOfRisk")]
#[expect(dead_code, reason = "describes a body that is read field by field")]
struct Named {
    /// Threats to components.
    component_threat_ids: Option<Vec<i64>>,
    /// Threats to data flows.
    flow_threat_ids: Option<Vec<i64>>,
}

/// Calculates the residual score from the linked threats.
async fn recalculate(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
) -> Result<Json<View>> {
    let transaction = state.store.write(&actor).await?;
    let row = found_writable(transaction.scope(), key).await?;
    risk::follow_risks(&transaction, &[row.id]).await?;
    answer(transaction, &row).await
}

/// Links threats of the same threat model. Those that are linked already stay.
async fn add(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    body: Body,
) -> Result<Json<View>> {
    let transaction = state.store.write(&actor).await?;
    let row = found_writable(transaction.scope(), key).await?;
    risk::link(&transaction, &row, &threats(&body)?).await?;
    risk::follow_risks(&transaction, &[row.id]).await?;
    answer(transaction, &row).await
}

/// Takes the links to threats away. Those that are not linked are passed over.
async fn remove(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    body: Body,
) -> Result<Json<View>> {
    let transaction = state.store.write(&actor).await?;
    let row = found_writable(transaction.scope(), key).await?;
    risk::unlink(&transaction, &row, &threats(&body)?).await?;
    risk::follow_risks(&transaction, &[row.id]).await?;
    answer(transaction, &row).await
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    let path = |action: &str| format!("/api/threat-models/{{id}}/risks/{{item_id}}/{action}/");
    ApiRouter::new()
        .api_route(
            &path("recalculate"),
            post_with(recalculate, |operation| {
                describe(operation, "recalculateRisk", TAG).summary("Recalculate the scores")
            }),
        )
        .api_route(
            &path("add-threats"),
            post_with(add, |operation| {
                let operation =
                    describe(operation, "addThreatsToRisk", TAG).summary("Link threats");
                json_body::<Named>(operation)
            }),
        )
        .api_route(
            &path("remove-threats"),
            post_with(remove, |operation| {
                let operation =
                    describe(operation, "removeThreatsFromRisk", TAG).summary("Unlink threats");
                json_body::<Named>(operation)
            }),
        )
}
