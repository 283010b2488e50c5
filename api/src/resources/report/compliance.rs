use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    compliance::{self, Drift},
    permission::{ReadModels, WriteModels},
};
use entity::threat_model;
use schemars::JsonSchema;
use serde::Serialize;

use super::TAG;
use crate::{
    error::Result,
    extract::{Allowed, Key},
    resource::describe,
    routing::{get_with, post_with},
    state::AppState,
};

/// How far the compliance mappings of a model differ from those of the library.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ComplianceDrift {
    has_drift: bool,
    /// Mappings of the library that countermeasures of the model lack.
    total_additions: usize,
    /// Mappings of countermeasures that the library lacks.
    total_removals: usize,
    /// Mappings with another sufficiency than in the library.
    total_updates: usize,
    /// Countermeasures with at least one difference.
    affected_countermeasures: usize,
}

impl From<Drift> for ComplianceDrift {
    fn from(drift: Drift) -> Self {
        Self {
            has_drift: drift.is_any(),
            total_additions: drift.additions,
            total_removals: drift.removals,
            total_updates: drift.updates,
            affected_countermeasures: drift.countermeasures,
        }
    }
}

/// What a refresh changed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RefreshedCompliance {
    standards_added: usize,
    standards_removed: usize,
    standards_updated: usize,
    countermeasures_affected: usize,
}

impl From<Drift> for RefreshedCompliance {
    fn from(drift: Drift) -> Self {
        Self {
            standards_added: drift.additions,
            standards_removed: drift.removals,
            standards_updated: drift.updates,
            countermeasures_affected: drift.countermeasures,
        }
    }
}

/// Compares the compliance mappings of all countermeasures that were made from the library with
/// those of the library.
async fn drift(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
) -> Result<Json<ComplianceDrift>> {
    Ok(Json(compliance::drift(state.store.read(&actor), model).await?.into()))
}

/// Makes the compliance mappings equal to those of the library. Mappings added by hand are removed.
async fn refresh(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(model): Key<threat_model::Entity>,
) -> Result<Json<RefreshedCompliance>> {
    let transaction = state.store.write(&actor).await?;
    let changes = compliance::refresh(&transaction, model).await?;
    transaction.commit().await?;
    Ok(Json(changes.into()))
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/threat-models/{id}/compliance_drift/",
            get_with(drift, |operation| {
                describe(operation, "getComplianceDrift", TAG).summary("Compliance drift")
            }),
        )
        .api_route(
            "/api/threat-models/{id}/refresh_compliance/",
            post_with(refresh, |operation| {
                describe(operation, "refreshCompliance", TAG)
                    .summary("Take over the library's compliance mappings")
            }),
        )
}
