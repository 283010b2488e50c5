//! From a document to a threat model, in one transaction and with bulk inserts.

mod model;
mod parts;
mod risks;
mod structure;
mod threats;

use serde::Serialize;

use super::Source;
use crate::{Result, Transaction, risk, threat};
use entity::threat_model;

/// A threat model that was imported.
#[derive(Debug)]
pub struct Imported {
    /// The model.
    pub model: threat_model::Model,
    /// What was made.
    pub summary: Summary,
}

/// How many records were made, and what was left out.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ImportSummary")]
pub struct Summary {
    /// Trust zones.
    pub trust_zones: usize,
    /// Trust boundaries.
    pub trust_boundaries: usize,
    /// Actors.
    pub actors: usize,
    /// Components without actors and data stores.
    pub components: usize,
    /// Data stores.
    pub data_stores: usize,
    /// Data assets.
    pub data_assets: usize,
    /// Data flows.
    pub data_flows: usize,
    /// Threats, once per component and flow.
    pub threats: usize,
    /// Countermeasures, once per threat.
    pub controls: usize,
    /// Risks.
    pub risks: usize,
    /// References that lead nowhere and other things that were left out, with their places.
    pub warnings: Vec<String>,
}

/// Makes a threat model of a document, in the actor's first organization.
///
/// # Errors
/// [`Error::Forbidden`](crate::Error::Forbidden) when the actor may not write there,
/// [`Error::Invalid`](crate::Error::Invalid) when it would become too large.
pub async fn import(transaction: &Transaction<'_>, source: &Source) -> Result<Imported> {
    let mut summary = Summary::default();
    let model = model::add(transaction, source, &mut summary.warnings).await?;
    let zones = structure::zones(transaction, source, &model, &mut summary).await?;
    let model = model::remember_zones(transaction, model, &zones).await?;
    structure::boundaries(transaction, source, &model, &zones, &mut summary).await?;
    let mut parts = parts::components(transaction, source, &model, &zones, &mut summary).await?;
    parts::assets(transaction, source, &model, &parts, &mut summary).await?;
    parts::flows(transaction, source, &model, &mut parts, &mut summary).await?;
    let threats = threats::threats(transaction, source, &model, &mut parts, &mut summary).await?;
    threats::controls(transaction, source, &model, &threats, &mut summary).await?;
    let risks = risks::risks(transaction, source, &model, &threats, &mut summary).await?;
    let (of_components, of_flows) = threats.all();
    threat::status::follow(transaction, &of_components, &of_flows).await?;
    risk::follow_risks(transaction, &risks).await?;
    Ok(Imported { model, summary })
}
