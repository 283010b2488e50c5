//! Numbers for the overview.

use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    model::dashboard::{self, RiskNumbers},
    permission::ReadModels,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    error::Result, extract::Allowed, resource::describe, routing::get_with, state::AppState,
};

/// Numbers over the threat models of the caller's teams and those without a team.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    /// How many threat models there are.
    total: u64,
    risks: RiskStatistics,
}

/// Numbers of risks. Levels are inherent levels.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RiskStatistics {
    total: i64,
    critical: i64,
    high: i64,
    medium: i64,
    low: i64,
    /// Risks that are not mitigated.
    exposed: i64,
    /// Risks whose threats are all mitigated or addressable.
    mitigated: i64,
}

impl From<RiskNumbers> for RiskStatistics {
    fn from(numbers: RiskNumbers) -> Self {
        Self {
            total: numbers.total,
            critical: numbers.critical,
            high: numbers.high,
            medium: numbers.medium,
            low: numbers.low,
            exposed: numbers.total - numbers.mitigated,
            mitigated: numbers.mitigated,
        }
    }
}

async fn statistics(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
) -> Result<Json<Statistics>> {
    let numbers = dashboard::statistics(state.store.read(&actor)).await?;
    Ok(Json(Statistics { total: numbers.models, risks: numbers.risks.into() }))
}

/// The route of the dashboard.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/dashboard/stats/",
        get_with(statistics, |operation| {
            describe(operation, "getDashboardStatistics", "Dashboard")
                .summary("Count models and risks")
        }),
    )
}
