//! The report of a model: every section in one document.

use std::collections::HashSet;

use chrono::{DateTime, SecondsFormat, Utc};
use entity::{Id, Names, threat_model};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{
    Analysis, ElementKind, Threat, analysis,
    architecture::{self, Boundary, Zone},
    assets::{self, Asset},
    compliance::{self, Compliance},
    elements::{Diagram, Element, Head},
    figures::Counter,
    risks::{self, Risk},
    scope::{self, AttachedFramework, Image, OutOfScope, Referenced},
    threats::{
        CountermeasureSummary, ThreatSection, active, by_status, countermeasure_summary,
        is_inherited, pairs, threat_section,
    },
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
