//! Threat models as clients read them.

use domain::model::{
    ConnectedPack, Framework, checklist, deletion::Preview, detail::Detail, listing::Names,
};
use entity::{
    Document, Id,
    choice::{Criticality, ScoringMethod},
    organization, pack, team, threat_model, user,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{diagrams::Diagram, media::Addresses, reference_images::ReferenceImage};
use crate::wire::Timestamp;

/// A threat model with what belongs to it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreatModel {
    id: Id<threat_model::Entity>,
    name: String,
    description: String,
    criticality: Criticality,
    organization: Id<organization::Entity>,
    organization_name: String,
    owning_team: Option<Id<team::Entity>>,
    owning_team_name: Option<String>,
    /// The business unit of the owning team.
    business_unit_name: Option<String>,
    created_by: Option<Id<user::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by_email: Option<String>,
    /// The e-mail address of the creator.
    owner: Option<String>,
    /// What the client stored, and `progressChecklist`: how far the model has come.
    workspace_data: Document,
    /// What the authors take for granted: `description`, `validity`, `topics` and anything else.
    assumptions: Document,
    format_metadata: Document,
    scope_locked: bool,
    scope_locked_at: Option<Timestamp>,
    dfds: Vec<Diagram>,
    /// Frameworks that countermeasures of the model are mapped to.
    frameworks: Vec<Framework>,
    /// Ids of linked systems, as texts.
    system_ids: Vec<String>,
    pack_ids: Vec<Id<pack::Entity>>,
    connected_packs: Vec<ConnectedPack>,
    /// Ids of models that this one refers to, as texts.
    referenced_model_ids: Vec<String>,
    reference_images: Vec<ReferenceImage>,
    risk_scoring_method: ScoringMethod,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ThreatModel {
    /// A model with addresses of its images made for one answer.
    pub(in crate::resources) fn new(
        row: threat_model::Model,
        detail: Detail,
        addresses: &Addresses,
    ) -> Self {
        let Detail { names, diagrams, images, connections, frameworks, checklist } = detail;
        let connected_packs = connections.packs();
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            criticality: row.criticality,
            organization: row.organization_id,
            organization_name: names.organization,
            owning_team: row.owning_team_id,
            owning_team_name: names.team,
            business_unit_name: names.business_unit,
            created_by: row.created_by_id,
            created_by_email: names.owner.clone(),
            owner: names.owner,
            workspace_data: with_checklist(row.workspace_data, &checklist),
            assumptions: row.assumptions,
            format_metadata: row.format_metadata,
            scope_locked: row.scope_locked,
            scope_locked_at: row.scope_locked_at.map(Timestamp::from),
            dfds: diagrams
                .into_iter()
                .map(|diagram| Diagram::new(diagram.row, diagram.updated_by_email))
                .collect(),
            frameworks,
            system_ids: texts(&connections.systems()),
            pack_ids: connected_packs.iter().map(|pack| pack.id).collect(),
            connected_packs,
            referenced_model_ids: texts(&connections.references()),
            reference_images: images
                .into_iter()
                .map(|image| ReferenceImage::new(image, addresses))
                .collect(),
            risk_scoring_method: row.risk_scoring_method,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl ThreatModel {
    /// Removes how far the model has come.
    pub(in crate::resources) fn leave_out_progress(&mut self) {
        if let Some(data) = self.workspace_data.as_object_mut() {
            data.shift_remove("progressChecklist");
        }
    }
}

fn texts<E>(ids: &[Id<E>]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn with_checklist(workspace: Document, checklist: &[checklist::Item]) -> Document {
    let mut data = match workspace.into_inner() {
        Value::Object(data) => data,
        _ => Map::new(),
    };
    data.insert("progressChecklist".to_owned(), serde_json::json!(checklist));
    Document(Value::Object(data))
}

/// A threat model in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreatModelItem {
    id: Id<threat_model::Entity>,
    name: String,
    description: String,
    criticality: Criticality,
    /// The e-mail address of the creator.
    owner: Option<String>,
    owning_team: Option<Id<team::Entity>>,
    owning_team_name: Option<String>,
    /// The business unit of the owning team.
    business_unit_name: Option<String>,
    /// Frameworks that countermeasures of the model are mapped to.
    frameworks: Vec<Framework>,
    risk_scoring_method: ScoringMethod,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ThreatModelItem {
    pub(super) fn new(
        row: threat_model::Model,
        names: Option<Names>,
        frameworks: Vec<Framework>,
    ) -> Self {
        let (owner, team, unit) =
            names.map(|names| (names.owner, names.team, names.business_unit)).unwrap_or_default();
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            criticality: row.criticality,
            owner,
            owning_team: row.owning_team_id,
            owning_team_name: team,
            business_unit_name: unit,
            frameworks,
            risk_scoring_method: row.risk_scoring_method,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

/// A new threat model.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedThreatModel {
    id: Id<threat_model::Entity>,
    name: String,
    description: String,
    organization: Id<organization::Entity>,
    owning_team: Option<Id<team::Entity>>,
    criticality: Criticality,
}

impl From<threat_model::Model> for CreatedThreatModel {
    fn from(row: threat_model::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            organization: row.organization_id,
            owning_team: row.owning_team_id,
            criticality: row.criticality,
        }
    }
}

/// What would be deleted with a threat model.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThreatModelDeletion {
    threat_model: NamedModel,
    dfds_to_delete: Vec<DeletedDiagram>,
    total_dfds: usize,
    components_to_delete: i64,
    dataflows_to_delete: i64,
    threats_to_delete: i64,
    countermeasures_to_delete: i64,
}

#[derive(Serialize, JsonSchema)]
struct NamedModel {
    id: String,
    name: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeletedDiagram {
    id: String,
    name: String,
    node_count: usize,
}

impl ThreatModelDeletion {
    pub(super) fn new(row: threat_model::Model, preview: Preview) -> Self {
        let diagrams = preview.diagrams.into_iter().map(|diagram| DeletedDiagram {
            id: diagram.id.to_string(),
            name: diagram.name,
            node_count: diagram.nodes,
        });
        let dfds_to_delete: Vec<_> = diagrams.collect();
        Self {
            threat_model: NamedModel { id: row.id.to_string(), name: row.name },
            total_dfds: dfds_to_delete.len(),
            dfds_to_delete,
            components_to_delete: preview.components,
            dataflows_to_delete: preview.flows,
            threats_to_delete: preview.threats,
            countermeasures_to_delete: preview.countermeasures,
        }
    }
}
