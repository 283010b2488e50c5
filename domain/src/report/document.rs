//! The report of a model: every section in one document.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{Id, Names, threat_model};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    Analysis, Countermeasure, ElementKind, Threat, analysis,
    architecture::{self, Boundary, Zone},
    assets::{self, Asset},
    compliance::{self, Compliance},
    elements::{Diagram, Element, Head},
    figures::Counter,
    risks::{self, Risk},
    scope::{self, AttachedFramework, Image, OutOfScope, Referenced},
};
use crate::{
    Result, Scope,
    model::{
        Drawing,
        checklist::{self, Facts, checklist},
    },
};

/// Which threats count for compliance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// All, also dismissed ones.
    AllThreats,
    /// Only those that are not dismissed.
    ActiveThreats,
}

/// Everything about a threat model.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    metadata: Metadata,
    scope: ScopeSection,
    architecture: ArchitectureSection,
    data_assets: Vec<Asset>,
    components: ComponentGroups,
    data_flows: Vec<FlowLine>,
    threat_analysis: ThreatSection,
    countermeasure_summary: CountermeasureSummary,
    risks: Vec<Risk>,
    compliance: Compliance,
    summary_metrics: SummaryMetrics,
    progress_checklist: [checklist::Item; 8],
}

/// What the model is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportMetadata")]
struct Metadata {
    name: String,
    description: String,
    criticality: String,
    risk_scoring_method: String,
    owning_team: Option<String>,
    created_by: Option<String>,
    created_at: String,
    updated_at: String,
    frameworks: Vec<AttachedFramework>,
}

/// What the model covers and assumes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportScope")]
struct ScopeSection {
    description: String,
    scope_locked: bool,
    assumptions: Value,
    out_of_scope_items: Vec<OutOfScope>,
    referenced_models: Vec<Referenced>,
}

/// Diagrams, pictures, zones and boundaries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportArchitecture")]
struct ArchitectureSection {
    dfds: Vec<DiagramLine>,
    reference_images: Vec<Image>,
    trust_zones: Vec<Zone>,
    trust_boundaries: Vec<Boundary>,
}

/// A diagram with its canvas.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportDiagram")]
struct DiagramLine {
    id: String,
    name: String,
    diagram_type: String,
    is_primary: bool,
    node_count: usize,
    edge_count: usize,
    canvas_data: Value,
}

/// Components by kind.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportComponents")]
struct ComponentGroups {
    processes: Vec<ComponentLine>,
    data_stores: Vec<ComponentLine>,
    human_actors: Vec<ComponentLine>,
    system_actors: Vec<ComponentLine>,
}

/// A component.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportComponent")]
struct ComponentLine {
    id: i64,
    name: String,
    category: String,
    component_type: String,
    provider: String,
    trust_zone: Option<String>,
    description: String,
}

/// A data flow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportDataFlow")]
#[expect(clippy::struct_excessive_bools, reason = "they are what the report says of a flow")]
struct FlowLine {
    id: i64,
    label: String,
    source: String,
    destination: String,
    protocol: String,
    encrypted: bool,
    authenticated: bool,
    crosses_trust_zone: bool,
    has_sensitive_data: bool,
}

/// Threats by component and flow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportThreats")]
struct ThreatSection {
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
struct CountermeasureSummary {
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

/// The numbers of the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SummaryMetrics {
    total_active_threats: u64,
    total_dismissed_threats: u64,
    threats_by_status: Counter,
    total_countermeasures: u64,
    countermeasures_by_status: Counter,
    total_gaps: u64,
    total_waived: u64,
    total_inherited: u64,
    total_risks: u64,
    /// By residual level.
    risks_by_level: Counter,
}

/// The report of a model that the actor may see. The number of statements does not depend on its
/// size.
pub async fn report(
    scope: Scope<'_>,
    model: impl Names<threat_model::Entity>,
    counting: Counting,
) -> Result<Report> {
    let analysis = analysis::analysis(scope, model).await?;
    let id = Id::<threat_model::Entity>::trusted(analysis.model.id);
    let held: HashSet<i64> = analysis.elements.iter().filter_map(|element| element.zone).collect();
    let counted = move |threat: &Threat| counting == Counting::AllThreats || !threat.is_dismissed;
    let (frameworks, out_of_scope, images, referenced) = tokio::try_join!(
        scope::frameworks(scope, id),
        scope::out_of_scope(scope, id),
        scope::images(scope, id),
        scope::referenced(scope, id),
    )?;
    let (zones, boundaries, assets, risks, compliance) = tokio::try_join!(
        architecture::zones(scope, &held),
        architecture::boundaries(scope, &held),
        assets::assets(scope, id),
        risks::risks(scope, id),
        compliance::compliance(scope, &analysis, counted),
    )?;
    Ok(Report {
        progress_checklist: progress(&analysis, !assets.is_empty()),
        components: component_groups(&analysis, &zones),
        data_flows: flow_lines(&analysis),
        threat_analysis: threat_section(&analysis),
        countermeasure_summary: countermeasure_summary(&analysis),
        summary_metrics: metrics(&analysis, &risks),
        metadata: metadata(&analysis.model, frameworks),
        scope: ScopeSection {
            description: analysis.model.description.clone(),
            scope_locked: analysis.model.scope_locked,
            assumptions: analysis.model.assumptions.0.clone(),
            out_of_scope_items: out_of_scope,
            referenced_models: referenced,
        },
        architecture: ArchitectureSection {
            reference_images: images,
            trust_zones: zones,
            trust_boundaries: boundaries,
            dfds: analysis.diagrams.into_iter().map(diagram_line).collect(),
        },
        data_assets: assets,
        risks,
        compliance,
    })
}

fn metadata(model: &Head, frameworks: Vec<AttachedFramework>) -> Metadata {
    let moment = |moment: DateTime<Utc>| moment.to_rfc3339_opts(SecondsFormat::Micros, false);
    Metadata {
        name: model.name.clone(),
        description: model.description.clone(),
        criticality: model.criticality.clone(),
        risk_scoring_method: model.risk_scoring_method.clone(),
        owning_team: model.owning_team.clone(),
        created_by: model.created_by.clone(),
        created_at: moment(model.created_at),
        updated_at: moment(model.updated_at),
        frameworks,
    }
}

fn diagram_line(diagram: Diagram) -> DiagramLine {
    let count = |name| diagram.canvas.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    DiagramLine {
        id: diagram.id.to_string(),
        node_count: count("nodes"),
        edge_count: count("edges"),
        name: diagram.name,
        diagram_type: diagram.diagram_type,
        is_primary: diagram.is_primary,
        canvas_data: diagram.canvas,
    }
}

fn component_groups(analysis: &Analysis, zones: &[Zone]) -> ComponentGroups {
    let zone_name = |id: i64| zones.iter().find(|zone| zone.id == id).map(|zone| zone.name.clone());
    let mut groups = ComponentGroups::default();
    for element in of_kind(analysis, ElementKind::Component) {
        let group = match element.category.as_str() {
            "datastore" => &mut groups.data_stores,
            "human_actor" => &mut groups.human_actors,
            "system_actor" | "external" => &mut groups.system_actors,
            _ => &mut groups.processes,
        };
        group.push(ComponentLine {
            id: element.id,
            name: element.name.clone(),
            category: element.category.clone(),
            component_type: element.component_type.clone(),
            provider: element.provider.clone(),
            trust_zone: element.zone.and_then(zone_name),
            description: element.description.clone(),
        });
    }
    groups
}

fn flow_lines(analysis: &Analysis) -> Vec<FlowLine> {
    let line = |flow: &Element| FlowLine {
        id: flow.id,
        label: flow.name.clone(),
        source: flow.source.clone(),
        destination: flow.destination.clone(),
        protocol: flow.protocol.clone(),
        encrypted: flow.flags.encrypted,
        authenticated: flow.flags.authenticated,
        crosses_trust_zone: flow.flags.crosses_trust_zone,
        has_sensitive_data: flow.flags.has_sensitive_data,
    };
    of_kind(analysis, ElementKind::Flow).map(line).collect()
}

fn of_kind(analysis: &Analysis, kind: ElementKind) -> impl Iterator<Item = &Element> {
    analysis.elements.iter().filter(move |element| element.kind == kind)
}

fn threat_section(analysis: &Analysis) -> ThreatSection {
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

fn active(analysis: &Analysis) -> impl Iterator<Item = &Threat> {
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

fn countermeasure_summary(analysis: &Analysis) -> CountermeasureSummary {
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

fn is_inherited(threat: &Threat, countermeasure: &Countermeasure) -> bool {
    countermeasure.is_inherited && threat.subject.kind == ElementKind::Component
}

fn pairs(analysis: &Analysis) -> impl Iterator<Item = (&Threat, &Countermeasure)> {
    analysis
        .threats
        .iter()
        .flat_map(|threat| threat.countermeasures.iter().map(move |measure| (threat, measure)))
}

fn by_status(analysis: &Analysis) -> Counter {
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

fn metrics(analysis: &Analysis, risks: &[Risk]) -> SummaryMetrics {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let by_status = by_status(analysis);
    let active_threats = active(analysis).count();
    let inherited = pairs(analysis).filter(|(threat, measure)| is_inherited(threat, measure));
    SummaryMetrics {
        total_active_threats: count(active_threats),
        total_dismissed_threats: count(analysis.threats.len() - active_threats),
        threats_by_status: Counter::of(active(analysis).map(|threat| threat.status.as_str())),
        total_countermeasures: by_status.total(),
        total_gaps: by_status.get("gap"),
        total_waived: by_status.get("waived"),
        total_inherited: count(inherited.count()),
        countermeasures_by_status: by_status,
        total_risks: count(risks.len()),
        risks_by_level: Counter::of(risks.iter().map(|risk| risk.residual_level.as_str())),
    }
}

/// The checklist, from what the analysis already holds.
fn progress(analysis: &Analysis, asset: bool) -> [checklist::Item; 8] {
    let drawing = Drawing::of(analysis.diagrams.iter().map(|diagram| &diagram.canvas));
    let counts = |threat: &&Threat| match threat.subject.kind {
        ElementKind::Component => true,
        ElementKind::Flow => drawing.has_flow(Id::trusted(threat.subject.id)),
    };
    let has_active = |kind| {
        let threats = active(analysis).filter(counts);
        threats.into_iter().any(|threat| threat.subject.kind == kind)
    };
    let measures = || analysis.threats.iter().filter(counts).flat_map(|t| &t.countermeasures);
    let facts = Facts {
        asset,
        component_threat: has_active(ElementKind::Component),
        flow_threat: has_active(ElementKind::Flow),
        countermeasure: measures().next().is_some(),
        owner: measures().any(|measure| measure.assigned_owner_email.is_some()),
    };
    checklist(&drawing, facts)
}
