//! Simulations with many trials.

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{
    Error as DomainError, Result as DomainResult,
    job::SimulateRisk,
    permission::WriteModels,
    risk::{scoring, simulation},
};
use schemars::JsonSchema;

use super::{
    TAG,
    record::{RiskKey, Risks, found, found_writable},
    view::View,
};
use crate::{
    error::Result,
    extract::Allowed,
    input::{Body, read_integer},
    resource::{answer, describe, handlers, json_body},
    routing::post_with,
    state::AppState,
    wait::{Prefer, Waited, accepted, wait_for},
};

const MOST_TRIALS: usize = 5_000_000;
const USUAL_TRIALS: usize = 1_000_000;

/// How to simulate.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", rename = "SimulationRequest")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Asked {
    /// Years to simulate, 10,000 to 5,000,000; one million if absent.
    #[schemars(range(min = 10_000, max = 5_000_000))]
    trials: Option<i64>,
    /// Where the random numbers begin. The same inputs, trials and seed give the same result.
    #[schemars(range(min = 0))]
    seed: Option<i64>,
}

/// Simulates the yearly loss in a job and takes over the score it finds.
async fn simulate(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: RiskKey,
    prefer: Prefer,
    body: Body,
) -> Result<Response> {
    let transaction = state.store.write(&actor).await?;
    let row = found_writable(transaction.scope(), key).await?;
    simulation::check(transaction.scope(), &row).await?;
    let job = SimulateRisk {
        organization: row.organization_id.key(),
        risk: row.id.key(),
        trials: trials(&body)?,
        seed: seed(&body)?,
    };
    let id = transaction.enqueue(&job).await?;
    transaction.commit().await?;
    match wait_for::<SimulateRisk>(&state, id, prefer).await? {
        Waited::UnderWay(id) => Ok(accepted(id)),
        Waited::Done(()) => {
            let scope = state.store.read(&actor);
            let row = found(scope, key).await?;
            Ok(Json(handlers::view::<Risks>(row, scope).await?).into_response())
        }
    }
}

fn trials(body: &Body) -> DomainResult<usize> {
    let Some(given) = body.get("trials").filter(|given| !given.is_null()) else {
        return Ok(USUAL_TRIALS);
    };
    let number = read_integer(given).map_err(|text| DomainError::invalid("trials", text))?;
    usize::try_from(number)
        .ok()
        .filter(|trials| (scoring::TRIALS..=MOST_TRIALS).contains(trials))
        .ok_or_else(|| {
            let text = format!("Must be from {} to {MOST_TRIALS}.", scoring::TRIALS);
            DomainError::invalid("trials", text)
        })
}

fn seed(body: &Body) -> DomainResult<u64> {
    let Some(given) = body.get("seed").filter(|given| !given.is_null()) else { return Ok(1) };
    let number = read_integer(given).map_err(|text| DomainError::invalid("seed", text))?;
    u64::try_from(number).map_err(|_| DomainError::invalid("seed", "Must be 0 or more."))
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/threat-models/{id}/risks/{item_id}/simulate/",
        post_with(simulate, |operation| {
            let operation = describe(operation, "simulateRisk", TAG)
                .summary("Simulate a risk with many trials")
                .description(
                    "For threat models scored with `fair`. Every change of a risk runs 10,000 \
                     trials at once; this runs more of them in a job and waits for it. With \
                     `Prefer: respond-async`, or when it takes longer, the answer is 202 with the \
                     address of the job.",
                );
            answer::<View>(json_body::<Asked>(operation), 200, "The risk with its new score.")
        }),
    )
}
