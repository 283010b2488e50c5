use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    permission::ReadModels,
    report::{
        Analysis, Countermeasure, ElementKind, Standard, Threat,
        analysis::{self, Entry},
        maps::{MappedComponent, MappedFlow, Places, undrawn_key},
    },
};
use entity::threat_model;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::TAG;
use crate::{
    error::Result,
    extract::{Allowed, Key},
    resource::describe,
    routing::get_with,
    state::AppState,
};

/// All threats of a threat model and where they are drawn.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ThreatAnalysis {
    /// The model, as text.
    threat_model_id: String,
    threats: Vec<ThreatView>,
    total_count: usize,
    /// Node id to component; components on no canvas under `analysis-` and their id.
    node_component_map: IndexMap<String, MappedComponent>,
    /// Edge id to flow; flows on no canvas under `analysis-flow-` and their id.
    edge_dataflow_map: IndexMap<String, MappedFlow>,
}

/// A threat of a component or flow.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AnalysedThreat")]
struct ThreatView {
    id: i64,
    /// `component` or `dataflow`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The component, or the flow for threats of flows.
    component_id: i64,
    /// Name of the component, or label of the flow.
    component_name: String,
    /// The node, or the edge for threats of flows; on no canvas the key in the maps below.
    node_id: String,
    /// The flow; only for threats of flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    dataflow_id: Option<i64>,
    /// Label of the flow; only for threats of flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    dataflow_label: Option<String>,
    /// The edge; only for threats of flows.
    #[serde(skip_serializing_if = "Option::is_none")]
    edge_id: Option<String>,
    /// The diagram, as text; null on no canvas.
    dfd_id: Option<String>,
    /// Name of the diagram; null on no canvas.
    dfd_name: Option<String>,
    threat_library_id: Option<i64>,
    threat_name: String,
    threat_description: String,
    taxonomy_entries: Vec<Entry>,
    inherent_severity: String,
    residual_severity: String,
    status: String,
    severity_scoring_metadata: Value,
    is_dismissed: bool,
    dismissal_reason: String,
    display_order: i32,
    impact_description: String,
    threat_actor_id: Option<i64>,
    threat_actor_name: Option<String>,
    threat_actor_text: String,
    countermeasures: Vec<CountermeasureView>,
}

/// A countermeasure of a threat.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AnalysedCountermeasure")]
struct CountermeasureView {
    id: i64,
    countermeasure_library_id: Option<i64>,
    countermeasure_name: String,
    control_type: Option<String>,
    status: String,
    priority: String,
    evidence_url: String,
    assigned_owner_email: Option<String>,
    verified_by_email: Option<String>,
    standard_mappings: Vec<Standard>,
    display_order: i32,
    is_inherited: bool,
    inherited_from_component_name: String,
    inherited_from_zone_name: String,
}

/// All threats of a model with countermeasures and mappings, and where they are drawn.
async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
) -> Result<Json<ThreatAnalysis>> {
    let analysis = analysis::analysis(state.store.read(&actor), model).await?;
    let places = Places::of(&analysis);
    let node_component_map = places.components(&analysis);
    let edge_dataflow_map = places.flows(&analysis);
    let Analysis { model, threats, .. } = analysis;
    Ok(Json(ThreatAnalysis {
        threat_model_id: model.id.to_string(),
        total_count: threats.len(),
        threats: threats.into_iter().map(|threat| threat_view(threat, &places)).collect(),
        node_component_map,
        edge_dataflow_map,
    }))
}

fn threat_view(threat: Threat, places: &Places) -> ThreatView {
    let subject = threat.subject;
    let place = places.place(subject.kind, subject.id);
    let shown = place
        .map_or_else(|| undrawn_key(subject.kind, subject.id), |place| place.on_canvas.clone());
    let is_flow = subject.kind == ElementKind::Flow;
    let (actor_id, actor_name) = threat.threat_actor.unzip();
    ThreatView {
        id: threat.id,
        kind: if is_flow { "dataflow" } else { "component" },
        component_id: subject.id,
        dataflow_id: is_flow.then_some(subject.id),
        dataflow_label: is_flow.then(|| subject.name.clone()),
        edge_id: is_flow.then(|| shown.clone()),
        component_name: subject.name,
        node_id: shown,
        dfd_id: place.map(|place| place.diagram_id.to_string()),
        dfd_name: place.map(|place| place.diagram_name.clone()),
        threat_library_id: threat.library,
        threat_name: threat.name,
        threat_description: threat.description,
        taxonomy_entries: threat.entries,
        inherent_severity: threat.inherent_severity,
        residual_severity: threat.residual_severity,
        status: threat.status,
        severity_scoring_metadata: threat.severity_scoring_metadata,
        is_dismissed: threat.is_dismissed,
        dismissal_reason: threat.dismissal_reason,
        display_order: threat.display_order,
        impact_description: threat.impact_description,
        threat_actor_id: actor_id,
        threat_actor_name: actor_name,
        threat_actor_text: threat.threat_actor_text,
        countermeasures: threat.countermeasures.into_iter().map(countermeasure_view).collect(),
    }
}

fn countermeasure_view(countermeasure: Countermeasure) -> CountermeasureView {
    CountermeasureView {
        id: countermeasure.id,
        countermeasure_library_id: countermeasure.library,
        countermeasure_name: countermeasure.name,
        control_type: countermeasure.control_type,
        status: countermeasure.status,
        priority: countermeasure.priority,
        evidence_url: countermeasure.evidence_url,
        assigned_owner_email: countermeasure.assigned_owner_email,
        verified_by_email: countermeasure.verified_by_email,
        standard_mappings: countermeasure.standards,
        display_order: countermeasure.display_order,
        is_inherited: countermeasure.is_inherited,
        inherited_from_component_name: countermeasure.inherited_from_component_name,
        inherited_from_zone_name: countermeasure.inherited_from_zone_name,
    }
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/threat-models/{id}/threats/",
        get_with(list, |operation| {
            describe(operation, "listThreatModelThreats", TAG).summary("All threats of a model")
        }),
    )
}
