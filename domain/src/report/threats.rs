//! Threats and countermeasures as the report shows them.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Analysis, Countermeasure, ElementKind, Threat, figures::Counter};

/// Threats by component and flow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportThreats")]
pub(super) struct ThreatSection {
    /// Active threats by STRIDE code.
    stride_summary: Counter,
    /// Component name to its active threats.
    component_threats: IndexMap<String, Vec<ThreatLine>>,
    /// Flow label to its active threats.
    data_flow_threats: IndexMap<String, Vec<ThreatLine>>,
    dismissed_threats: Vec<DismissedThreat>,
}

/// An active threat.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportThreat")]
struct ThreatLine {
    id: i64,
    threat_name: String,
    threat_description: String,
    stride_category: String,
    inherent_severity: String,
    residual_severity: String,
    status: String,
    impact_description: String,
    threat_actor_name: Option<String>,
    threat_actor_text: String,
    countermeasures: Vec<CountermeasureLine>,
}

/// A countermeasure of a threat.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportCountermeasure")]
struct CountermeasureLine {
    id: i64,
    countermeasure_name: String,
    control_type: Option<String>,
    status: String,
    priority: String,
    assigned_owner_email: Option<String>,
    verified_by_email: Option<String>,
    evidence_url: String,
    is_inherited: bool,
    inherited_from_component_name: String,
    inherited_from_zone_name: String,
}

/// A threat that was set aside.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DismissedThreat {
    id: i64,
    /// `component` or `dataflow`.
    #[serde(rename = "type")]
    kind: &'static str,
    threat_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_label: Option<String>,
    dismissal_reason: String,
}

/// Countermeasures by status, and those that need attention.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportCountermeasures")]
pub(super) struct CountermeasureSummary {
    /// Also countermeasures of dismissed threats.
    status_breakdown: Counter,
    gaps: Vec<NotedCountermeasure>,
    waived: Vec<NotedCountermeasure>,
    inherited: Vec<NotedCountermeasure>,
}

/// A countermeasure that needs attention.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NotedCountermeasure {
    /// `component-` or `flow-` and the key.
    id: String,
    countermeasure_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    component_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_label: Option<String>,
    priority: String,
    assigned_owner_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from_component_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inherited_from_zone_name: Option<String>,
}
pub(super) fn threat_section(analysis: &Analysis) -> ThreatSection {
    let mut component_threats: IndexMap<_, Vec<_>> = IndexMap::new();
    let mut data_flow_threats: IndexMap<_, Vec<_>> = IndexMap::new();
    for threat in active(analysis) {
        let map = match threat.subject.kind {
            ElementKind::Component => &mut component_threats,
            ElementKind::Flow => &mut data_flow_threats,
        };
        map.entry(threat.subject.name.clone()).or_default().push(threat_line(threat));
    }
    let dismissed = analysis.threats.iter().filter(|threat| threat.is_dismissed);
    ThreatSection {
        stride_summary: Counter::of(active(analysis).map(Threat::stride)),
        component_threats,
        data_flow_threats,
        dismissed_threats: dismissed.map(dismissed_threat).collect(),
    }
}

pub(super) fn active(analysis: &Analysis) -> impl Iterator<Item = &Threat> {
    analysis.threats.iter().filter(|threat| !threat.is_dismissed)
}

fn threat_line(threat: &Threat) -> ThreatLine {
    ThreatLine {
        id: threat.id,
        threat_name: threat.name.clone(),
        threat_description: threat.description.clone(),
        stride_category: threat.stride().to_owned(),
        inherent_severity: threat.inherent_severity.clone(),
        residual_severity: threat.residual_severity.clone(),
        status: threat.status.clone(),
        impact_description: threat.impact_description.clone(),
        threat_actor_name: threat.threat_actor.as_ref().map(|(_, name)| name.clone()),
        threat_actor_text: threat.threat_actor_text.clone(),
        countermeasures: threat.countermeasures.iter().map(countermeasure_line).collect(),
    }
}

fn countermeasure_line(countermeasure: &Countermeasure) -> CountermeasureLine {
    CountermeasureLine {
        id: countermeasure.id,
        countermeasure_name: countermeasure.name.clone(),
        control_type: countermeasure.control_type.clone(),
        status: countermeasure.status.clone(),
        priority: countermeasure.priority.clone(),
        assigned_owner_email: countermeasure.assigned_owner_email.clone(),
        verified_by_email: countermeasure.verified_by_email.clone(),
        evidence_url: countermeasure.evidence_url.clone(),
        is_inherited: countermeasure.is_inherited,
        inherited_from_component_name: countermeasure.inherited_from_component_name.clone(),
        inherited_from_zone_name: countermeasure.inherited_from_zone_name.clone(),
    }
}

fn dismissed_threat(threat: &Threat) -> DismissedThreat {
    let (component_name, flow_label) = named(threat);
    DismissedThreat {
        id: threat.id,
        kind: match threat.subject.kind {
            ElementKind::Component => "component",
            ElementKind::Flow => "dataflow",
        },
        threat_name: threat.name.clone(),
        component_name,
        flow_label,
        dismissal_reason: threat.dismissal_reason.clone(),
    }
}

/// The name as that of a component or of a flow.
fn named(threat: &Threat) -> (Option<String>, Option<String>) {
    let name = Some(threat.subject.name.clone());
    match threat.subject.kind {
        ElementKind::Component => (name, None),
        ElementKind::Flow => (None, name),
    }
}

pub(super) fn countermeasure_summary(analysis: &Analysis) -> CountermeasureSummary {
    let noted = |wanted: &dyn Fn(&Threat, &Countermeasure) -> bool| {
        let pairs = pairs(analysis).filter(|(threat, measure)| wanted(threat, measure));
        pairs.map(|(threat, measure)| noted(threat, measure)).collect()
    };
    CountermeasureSummary {
        status_breakdown: by_status(analysis),
        gaps: noted(&|_, measure| measure.status == "gap"),
        waived: noted(&|_, measure| measure.status == "waived"),
        inherited: noted(&is_inherited),
    }
}

pub(super) fn is_inherited(threat: &Threat, countermeasure: &Countermeasure) -> bool {
    countermeasure.is_inherited && threat.subject.kind == ElementKind::Component
}

pub(super) fn pairs(analysis: &Analysis) -> impl Iterator<Item = (&Threat, &Countermeasure)> {
    analysis
        .threats
        .iter()
        .flat_map(|threat| threat.countermeasures.iter().map(move |measure| (threat, measure)))
}

pub(super) fn by_status(analysis: &Analysis) -> Counter {
    Counter::of(pairs(analysis).map(|(_, measure)| measure.status.as_str()))
}

fn noted(threat: &Threat, measure: &Countermeasure) -> NotedCountermeasure {
    let (component_name, flow_label) = named(threat);
    let kind = match threat.subject.kind {
        ElementKind::Component => "component",
        ElementKind::Flow => "flow",
    };
    let inherited = |name: &String| measure.is_inherited.then(|| name.clone());
    NotedCountermeasure {
        id: format!("{kind}-{}", measure.id),
        countermeasure_name: measure.name.clone(),
        component_name,
        flow_label,
        priority: measure.priority.clone(),
        assigned_owner_email: measure.assigned_owner_email.clone(),
        inherited_from_component_name: inherited(&measure.inherited_from_component_name),
        inherited_from_zone_name: inherited(&measure.inherited_from_zone_name),
    }
}
