use std::{borrow::Cow, collections::BTreeMap};

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    model::checklist::Item,
    report::{
        Analysis, Countermeasure, ElementKind, Standard, Threat,
        analysis::Entry,
        maps::{MappedComponent, Places},
    },
    sharing::{
        Numbers,
        magic_link::{NEEDS_PASSWORD, Opening, Shared, Visit, WRONG_PASSWORD},
    },
};
use entity::choice::Section;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::visit;
use crate::{
    error::{Error, Result},
    extract::Anyone,
    input::{Body, Form},
    limits::Origin,
    resource::{describe, json_body, refusal},
    resources::model::{media::Addresses, threat_model_view::ThreatModel},
    routing::{get_with, post_with},
    state::AppState,
    wire::{Timestamp, camel_case},
};

/// A threat model as a link shows it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedView {
    threat_model: ThreatModel,
    /// Missing if the link leaves the summary out.
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<Stats>,
    threat_analysis: SharedAnalysis,
    /// What the link shows. Lists of what it leaves out are empty.
    sections: Vec<Section>,
    /// Always true.
    read_only: bool,
    /// When the link ends.
    expires_at: Timestamp,
    is_authenticated: bool,
    /// Whether the model is in the caller's list of shared models.
    saved_to_account: bool,
}

/// Numbers of a model. Dismissed threats do not count.
#[derive(Serialize, JsonSchema)]
struct Stats {
    components: ComponentNumbers,
    threats: ThreatNumbers,
    countermeasures: CountermeasureNumbers,
    /// Which steps of the checklist are done.
    progress: BTreeMap<Cow<'static, str>, bool>,
}

/// Nodes on all canvases.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ComponentNumbers {
    /// Without boundaries.
    total: usize,
    processes: usize,
    datastores: usize,
    human_actors: usize,
    system_actors: usize,
    /// Trust zones.
    boundaries: usize,
}

#[derive(Serialize, JsonSchema)]
struct ThreatNumbers {
    total: usize,
    /// Without countermeasures, or with a gap.
    exposed: usize,
    /// With countermeasures that are all in place.
    mitigated: usize,
}

#[derive(Serialize, JsonSchema)]
struct CountermeasureNumbers {
    total: usize,
    /// In place.
    verified: usize,
    gaps: usize,
}

/// The threats of a model and where they are drawn.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedAnalysis {
    /// The model, as text.
    threat_model_id: String,
    threats: Vec<SharedThreat>,
    total_count: usize,
    /// Node id to component; components on no canvas under `analysis-` and their id.
    node_component_map: IndexMap<String, MappedComponent>,
    /// Edge id to flow.
    edge_flow_map: IndexMap<String, DrawnFlow>,
}

/// A flow on a canvas.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DrawnFlow {
    flow_id: i64,
    /// The diagram, as text.
    dfd_id: Option<String>,
    dfd_name: Option<String>,
}

/// What is threatened.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Subject {
    /// A component.
    Component {
        component_id: i64,
        component_name: String,
        /// Null on no canvas.
        node_id: Option<String>,
    },
    /// A data flow.
    Flow { flow_id: i64, flow_label: String, edge_id: Option<String> },
}

/// A threat of a component or flow.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedThreat {
    id: i64,
    #[serde(flatten)]
    subject: Subject,
    /// The diagram, as text; null on no canvas.
    dfd_id: Option<String>,
    dfd_name: Option<String>,
    threat_library_id: Option<i64>,
    threat_name: String,
    threat_description: String,
    taxonomy_entries: Vec<SharedEntry>,
    inherent_severity: String,
    residual_severity: String,
    status: String,
    /// Only for threats of components.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_scoring_metadata: Option<Value>,
    is_dismissed: bool,
    format_metadata: Value,
    countermeasures: Vec<SharedCountermeasure>,
}

/// How a taxonomy classifies a threat.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedEntry {
    taxonomy_slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    taxonomy_name: Option<String>,
    external_id: String,
    title: String,
}

/// A countermeasure of a threat.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedCountermeasure {
    id: i64,
    countermeasure_library_id: Option<i64>,
    countermeasure_name: String,
    countermeasure_description: String,
    control_type: Option<String>,
    status: String,
    priority: String,
    evidence_url: String,
    assigned_owner_email: Option<String>,
    verified_by_email: Option<String>,
    format_metadata: Value,
    compliance_standards: Vec<SharedStandard>,
}

/// A requirement that a countermeasure helps to meet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SharedStandard {
    id: i64,
    /// Null when the requirement is gone; its words remain.
    requirement_id: Option<i64>,
    framework_name: String,
    framework_slug: String,
    section_code: String,
    requirement_description: String,
    sufficiency: String,
}

/// A link.
#[derive(Deserialize, JsonSchema)]
struct Link {
    token: String,
}

/// The password of a link.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct LinkPassword {
    password: String,
}

/// What a link shows. Each access is counted; with a login the model is added to the caller's list,
/// unless the token is for reading only.
async fn show(
    State(state): State<AppState>,
    Anyone(caller): Anyone,
    Path(link): Path<Link>,
    origin: Origin,
    addresses: Addresses,
) -> Result<Json<SharedView>> {
    let reader = caller.as_ref().and_then(|caller| caller.changer());
    let guest = Visit { token: &link.token, password: None, reader };
    let shared = shared(visit(&state, &origin, guest).await?)?;
    Ok(Json(view(shared, reader.is_some(), &addresses)))
}

/// The same for a link with a password.
async fn unlock(
    State(state): State<AppState>,
    Anyone(caller): Anyone,
    Path(link): Path<Link>,
    origin: Origin,
    addresses: Addresses,
    body: Body,
) -> Result<Json<SharedView>> {
    let mut form = Form::new(&body);
    let Some(password) = form.password("password") else { return Err(form.into_error()) };
    let reader = caller.as_ref().and_then(|caller| caller.actor.user());
    let guest = Visit { token: &link.token, password: Some(password), reader };
    let shared = shared(visit(&state, &origin, guest).await?)?;
    Ok(Json(view(shared, reader.is_some(), &addresses)))
}

/// 403 tells a client to ask for the password; 401 would have it ask for a login.
fn shared(opening: Opening) -> Result<Shared> {
    let locked =
        |code, text: &'static str| Err(Error::Request(StatusCode::FORBIDDEN, code, text.into()));
    match opening {
        Opening::NeedsPassword => locked("password_required", NEEDS_PASSWORD),
        Opening::WrongPassword => locked("wrong_password", WRONG_PASSWORD),
        other => Ok(other.shared()?),
    }
}

fn view(shared: Shared, is_authenticated: bool, addresses: &Addresses) -> SharedView {
    let Shared { link, sections, model, detail, analysis, numbers } = shared;
    let places = Places::of(&analysis);
    let stats = numbers.map(|numbers| stats(numbers, &detail.checklist));
    let mut threat_model = ThreatModel::new(model, detail, addresses);
    if !sections.shows(Section::Summary) {
        threat_model.leave_out_progress();
    }
    SharedView {
        stats,
        threat_model,
        threat_analysis: shared_analysis(analysis, &places),
        sections: sections.list().to_vec(),
        read_only: true,
        expires_at: link.expires_at.into(),
        is_authenticated,
        saved_to_account: is_authenticated,
    }
}

fn stats(numbers: Numbers, checklist: &[Item]) -> Stats {
    let Numbers { nodes, threats, countermeasures } = numbers;
    Stats {
        components: ComponentNumbers {
            total: nodes.total(),
            processes: nodes.processes,
            datastores: nodes.datastores,
            human_actors: nodes.human_actors,
            system_actors: nodes.system_actors,
            boundaries: nodes.trust_zones,
        },
        threats: ThreatNumbers {
            total: threats.total,
            exposed: threats.exposed,
            mitigated: threats.mitigated,
        },
        countermeasures: CountermeasureNumbers {
            total: countermeasures.total,
            verified: countermeasures.verified,
            gaps: countermeasures.gaps,
        },
        progress: checklist.iter().map(|item| (camel_case(item.id), item.checked)).collect(),
    }
}

fn shared_analysis(analysis: Analysis, places: &Places) -> SharedAnalysis {
    let node_component_map = places.components(&analysis);
    let flows = places.flows(&analysis).into_iter().filter(|(_, flow)| !flow.is_analysis_only);
    let edge_flow_map = flows
        .map(|(edge, flow)| {
            let drawn = DrawnFlow {
                flow_id: flow.dataflow_id,
                dfd_id: flow.dfd_id,
                dfd_name: flow.dfd_name,
            };
            (edge, drawn)
        })
        .collect();
    SharedAnalysis {
        threat_model_id: analysis.model.id.to_string(),
        total_count: analysis.threats.len(),
        threats: analysis.threats.into_iter().map(|threat| shared_threat(threat, places)).collect(),
        node_component_map,
        edge_flow_map,
    }
}

fn shared_threat(threat: Threat, places: &Places) -> SharedThreat {
    let (kind, id, name) = (threat.subject.kind, threat.subject.id, threat.subject.name);
    let place = places.place(kind, id);
    let drawn = place.map(|place| place.on_canvas.clone());
    let scoring = threat.severity_scoring_metadata;
    let (subject, severity_scoring_metadata) = match kind {
        ElementKind::Component => (
            Subject::Component { component_id: id, component_name: name, node_id: drawn },
            Some(scoring),
        ),
        ElementKind::Flow => {
            (Subject::Flow { flow_id: id, flow_label: name, edge_id: drawn }, None)
        }
    };
    SharedThreat {
        id: threat.id,
        subject,
        dfd_id: place.map(|place| place.diagram_id.to_string()),
        dfd_name: place.map(|place| place.diagram_name.clone()),
        threat_library_id: threat.library,
        threat_name: threat.name,
        threat_description: threat.description,
        taxonomy_entries: threat.entries.into_iter().map(shared_entry).collect(),
        inherent_severity: threat.inherent_severity,
        residual_severity: threat.residual_severity,
        status: threat.status,
        severity_scoring_metadata,
        is_dismissed: threat.is_dismissed,
        format_metadata: threat.format_metadata,
        countermeasures: threat.countermeasures.into_iter().map(shared_measure).collect(),
    }
}

fn shared_entry(entry: Entry) -> SharedEntry {
    SharedEntry {
        taxonomy_slug: entry.taxonomy_slug,
        taxonomy_name: entry.taxonomy_name,
        external_id: entry.external_id,
        title: entry.title,
    }
}

fn shared_measure(measure: Countermeasure) -> SharedCountermeasure {
    SharedCountermeasure {
        id: measure.id,
        countermeasure_library_id: measure.library,
        countermeasure_name: measure.name,
        countermeasure_description: measure.description,
        control_type: measure.control_type,
        status: measure.status,
        priority: measure.priority,
        evidence_url: measure.evidence_url,
        assigned_owner_email: measure.assigned_owner_email,
        verified_by_email: measure.verified_by_email,
        format_metadata: measure.format_metadata,
        compliance_standards: measure.standards.into_iter().map(shared_standard).collect(),
    }
}

fn shared_standard(standard: Standard) -> SharedStandard {
    SharedStandard {
        id: standard.id,
        requirement_id: standard.requirement,
        framework_name: standard.framework_name,
        framework_slug: standard.framework_slug,
        section_code: standard.section_code,
        requirement_description: standard.requirement_description,
        sufficiency: standard.sufficiency,
    }
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(
        "/api/share/{token}/",
        get_with(show, |operation| {
            describe(operation, "openMagicLink", "Magic links")
                .summary("Look at a shared threat model")
                .description(
                    "Needs no login. 404 for an unknown link, 410 for one that has ended, 403 with \
                     the code `password_required` for one with a password.",
                )
                .with(|operation| refusal(operation, 403, ""))
                .with(|operation| refusal(operation, 410, ""))
        })
        .merge(post_with(unlock, |operation| {
            let operation = describe(operation, "unlockMagicLink", "Magic links")
                .summary("Look at a shared threat model with a password")
                .description(
                    "As without a password. 403 with the code `wrong_password` for another one; \
                     attempts are limited.",
                )
                .with(|operation| refusal(operation, 403, ""))
                .with(|operation| refusal(operation, 410, ""))
                .with(|operation| refusal(operation, 429, ""));
            json_body::<LinkPassword>(operation)
        })),
    )
}
