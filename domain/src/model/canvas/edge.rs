use entity::{Ref, data_flow, trust_boundary};
use serde_json::{Map, Value};

use super::reading::{Part, Read};

/// One edge of a drawing.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The id within the drawing; empty if the editor gave none.
    pub id: String,
    /// The id of the node where it begins; empty if the editor gave none.
    pub source: String,
    /// The id of the node where it ends; empty if the editor gave none.
    pub target: String,
    /// What it stands for.
    pub line: Line,
}

/// What an edge stands for.
#[derive(Clone, Debug)]
pub enum Line {
    /// Data on its way.
    Flow(Box<FlowEdge>),
    /// Where two trust zones meet.
    Boundary(BoundaryEdge),
    /// Nothing that the rules know.
    Other,
}

/// An edge that stands for a data flow.
#[derive(Clone, Debug)]
pub struct FlowEdge {
    /// The label, maybe empty.
    pub label: String,
    /// The description, maybe empty.
    pub description: String,
    /// The protocol, maybe empty.
    pub protocol: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Whether the ends know each other.
    pub authenticated: bool,
    /// Whether it carries sensitive data.
    pub has_sensitive_data: bool,
    /// Kinds of data: trimmed, lower case, unique.
    pub data_classification: Vec<String>,
    /// The record, if the editor knows it.
    pub record: Option<Ref<data_flow::Entity>>,
}

/// An edge that stands for a trust boundary.
#[derive(Clone, Debug)]
pub struct BoundaryEdge {
    /// The label, maybe empty.
    pub label: String,
    /// What the editor says of access control and tokens, under the keys that it gave.
    pub metadata: Map<String, Value>,
    /// The record, if the editor knows it.
    pub record: Option<Ref<trust_boundary::Entity>>,
}

/// Keys of a boundary's edge that its record keeps.
const BOUNDARY_KEYS: [&str; 9] = [
    "accessControlMethods",
    "authenticationMethods",
    "accessTokenExpires",
    "accessTokenTtl",
    "hasRefreshToken",
    "refreshTokenExpires",
    "refreshTokenTtl",
    "canUserLogout",
    "canSystemLogout",
];

impl Edge {
    pub(super) fn read(place: usize, value: &Value) -> Read<Self> {
        let part = Part::of("Edge", place, value)?;
        let id = part.outer_text("id")?.unwrap_or_default();
        let line = match part.outer_text("type")?.as_deref() {
            Some("dataFlow") => Line::Flow(Box::new(flow(&part)?)),
            Some("trustBoundary") => Line::Boundary(boundary(&part)?),
            _ => Line::Other,
        };
        if !matches!(line, Line::Other) && id.chars().count() > 100 {
            return Err(part.fault("id", "Ensure this field has no more than 100 characters."));
        }
        Ok(Self {
            id,
            source: part.outer_text("source")?.unwrap_or_default(),
            target: part.outer_text("target")?.unwrap_or_default(),
            line,
        })
    }
}

fn flow(part: &Part<'_>) -> Read<FlowEdge> {
    Ok(FlowEdge {
        label: part.text("label", 255)?,
        description: part.long_text("description")?,
        protocol: part.text("protocol", 50)?,
        encrypted: part.flag("encrypted")?,
        authenticated: part.flag("authenticated")?,
        has_sensitive_data: part.flag("hasSensitiveData")?,
        data_classification: part.tags("dataClassification")?,
        record: part.reference("dataflowId")?,
    })
}

fn boundary(part: &Part<'_>) -> Read<BoundaryEdge> {
    let metadata = BOUNDARY_KEYS
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), part.value(key)?.clone())))
        .collect();
    Ok(BoundaryEdge {
        label: part.text("label", 255)?,
        metadata,
        record: part.reference("trustBoundaryId")?,
    })
}
