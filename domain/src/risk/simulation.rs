//! Simulations of risks with more trials than a request should wait for.

use entity::{Actor, Id, choice::ScoringMethod, risk, threat_model};
use sea_orm::ActiveValue::Set;
use serde_json::{Map, Value};

use super::{
    follow_risks, level_of,
    scoring::{Assessment, Simulation},
};
use crate::{Error, Result, Scope, Store};

const NOT_FAIR: &str = "Only risks of threat models that are scored with fair can be simulated.";
const NO_INPUTS: &str = "The risk has no inputs to simulate: set lossEventFrequency and \
                         lossMagnitude in scoringMetadata.";

/// Checks that a risk can be simulated.
pub async fn check(scope: Scope<'_>, row: &risk::Model) -> Result<()> {
    let model: threat_model::Model = scope.get(row.threat_model_id).await?;
    if model.risk_scoring_method != ScoringMethod::Fair {
        return Err(Error::unfit(NOT_FAIR));
    }
    begin(&row.scoring_metadata, 0).map(drop)
}

/// A simulation of the inputs of a risk.
pub fn begin(inputs: &Value, seed: u64) -> Result<Simulation> {
    let nothing = Map::new();
    let inputs = inputs.as_object().unwrap_or(&nothing);
    let begun = Simulation::new(inputs, seed);
    begun
        .map_err(|text| Error::invalid("scoring_metadata", text))?
        .ok_or_else(|| Error::unfit(NO_INPUTS))
}

/// Takes over what a simulation of `inputs` found. Returns whether it did: the inputs may have
/// changed meanwhile.
pub async fn conclude(
    store: &Store,
    actor: &Actor,
    risk: Id<risk::Entity>,
    inputs: &Value,
    assessment: Assessment,
) -> Result<bool> {
    let transaction = store.write(actor).await?;
    transaction.hold(risk).await?;
    let row: risk::Model = transaction.scope().get(risk).await?;
    if row.scoring_metadata.0 != *inputs {
        return Ok(false);
    }
    let settle = |draft: &mut risk::ActiveModel| {
        draft.inherent_score = Set(assessment.score);
        draft.inherent_level = Set(level_of(assessment.score));
        draft.scoring_result = Set(Some(assessment.result.into()));
    };
    transaction.update_row::<risk::Entity>(row, settle).await?;
    follow_risks(&transaction, &[risk]).await?;
    transaction.commit().await?;
    Ok(true)
}
