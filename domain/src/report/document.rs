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
    pub(super) metadata: Metadata,
    pub(super) scope: ScopeSection,
    pub(super) architecture: ArchitectureSection,
    pub(super) data_assets: Vec<Asset>,
    pub(super) components: ComponentGroups,
    pub(super) data_flows: Vec<FlowLine>,
    pub(super) threat_analysis: ThreatSection,
    pub(super) countermeasure_summary: CountermeasureSummary,
    pub(super) risks: Vec<Risk>,
    pub(super) compliance: Compliance,
    pub(super) summary_metrics: SummaryMetrics,
    pub(super) progress_checklist: [checklist::Item; 8],
}

/// What the model is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportMetadata")]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) criticality: String,
    pub(super) risk_scoring_method: String,
    pub(super) owning_team: Option<String>,
    pub(super) created_by: Option<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) frameworks: Vec<AttachedFramework>,
}

/// What the model covers and assumes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportScope")]
pub(super) struct ScopeSection {
    pub(super) description: String,
    pub(super) scope_locked: bool,
    pub(super) assumptions: Value,
    pub(super) out_of_scope_items: Vec<OutOfScope>,
    pub(super) referenced_models: Vec<Referenced>,
}

/// Diagrams, pictures, zones and boundaries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportArchitecture")]
pub(super) struct ArchitectureSection {
    pub(super) dfds: Vec<DiagramLine>,
    pub(super) reference_images: Vec<Image>,
    pub(super) trust_zones: Vec<Zone>,
    pub(super) trust_boundaries: Vec<Boundary>,
}

/// A diagram with its canvas.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportDiagram")]
pub(super) struct DiagramLine {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) diagram_type: String,
    pub(super) is_primary: bool,
    pub(super) node_count: usize,
    pub(super) edge_count: usize,
    pub(super) canvas_data: Value,
}

/// Components by kind.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportComponents")]
pub(super) struct ComponentGroups {
    pub(super) processes: Vec<ComponentLine>,
    pub(super) data_stores: Vec<ComponentLine>,
    pub(super) human_actors: Vec<ComponentLine>,
    pub(super) system_actors: Vec<ComponentLine>,
}

/// A component.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportComponent")]
pub(super) struct ComponentLine {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) category: String,
    pub(super) component_type: String,
    pub(super) provider: String,
    pub(super) trust_zone: Option<String>,
    pub(super) description: String,
}

/// A data flow.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportDataFlow")]
#[expect(clippy::struct_excessive_bools, reason = "they are what the report says of a flow")]
pub(super) struct FlowLine {
    pub(super) id: i64,
    pub(super) label: String,
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) protocol: String,
    pub(super) encrypted: bool,
    pub(super) authenticated: bool,
    pub(super) crosses_trust_zone: bool,
    pub(super) has_sensitive_data: bool,
}

/// The numbers of the report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SummaryMetrics {
    pub(super) total_active_threats: u64,
    pub(super) total_dismissed_threats: u64,
    pub(super) threats_by_status: Counter,
    pub(super) total_countermeasures: u64,
    pub(super) countermeasures_by_status: Counter,
    pub(super) total_gaps: u64,
    pub(super) total_waived: u64,
    pub(super) total_inherited: u64,
    pub(super) total_risks: u64,
    /// By residual level.
    pub(super) risks_by_level: Counter,
}

/// The report of a model that the actor may see. The number of statements does not depend on its
/// size.
pub async fn report(
    scope: Scope<'_>,
    model: impl Names<threat_model::Entity>,
    counting: Counting,
) -> Result<Report> {
    let mut analysis = analysis::analysis(scope, model).await?;
    report_of(scope, &mut analysis, counting).await
}

/// The report of what an analysis holds. Takes the diagrams out of it.
pub(super) async fn report_of(
    scope: Scope<'_>,
    analysis: &mut Analysis,
    counting: Counting,
) -> Result<Report> {
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
        compliance::compliance(scope, analysis, counted),
    )?;
    Ok(Report {
        progress_checklist: progress(analysis, !assets.is_empty()),
        components: component_groups(analysis, &zones),
        data_flows: flow_lines(analysis),
        threat_analysis: threat_section(analysis),
        countermeasure_summary: countermeasure_summary(analysis),
        summary_metrics: metrics(analysis, &risks),
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
            dfds: std::mem::take(&mut analysis.diagrams).into_iter().map(diagram_line).collect(),
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
