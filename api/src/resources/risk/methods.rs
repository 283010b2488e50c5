//! The ways to score risks.

use aide::axum::ApiRouter;
use axum::Json;
use domain::{permission::SignedIn, risk::scoring::METHODS};
use entity::choice::ScoringMethod;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::TAG;
use crate::{extract::Allowed, resource::describe, routing::get_with, state::AppState};

/// A way to score risks.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ScoringMethodDescription")]
struct Method {
    key: ScoringMethod,
    label: &'static str,
    description: &'static str,
    /// The inputs in `scoringMetadata`, in the order of a form: `type`, and where they apply
    /// `values`, `min`, `max`, `properties`, `required`.
    metadata_schema: Value,
    /// Whether every risk is scored by calculation. With the other methods, a risk without inputs
    /// takes `inherentScore` from the request.
    available: bool,
}

/// Lists the ways to score risks.
async fn list(_: Allowed<SignedIn>) -> Json<Vec<Method>> {
    let methods = METHODS.iter().map(|method| Method {
        key: method.key,
        label: method.label,
        description: method.description,
        metadata_schema: method.schema(),
        available: method.is_available,
    });
    Json(methods.collect())
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/scoring-methods/",
        get_with(list, |operation| {
            describe(operation, "listScoringMethods", TAG).summary("List: Scoring methods")
        }),
    )
}
