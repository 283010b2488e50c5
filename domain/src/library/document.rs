//! The files of a pack as typed documents. Unknown keys are ignored.

use serde::Deserialize;
use serde_json::Value;

use super::value::{Entry, List, Placed, Text};

/// `pack.yaml`: who the pack is, and the frameworks it brings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PackFile {
    /// Who the pack is.
    pub pack: Option<Placed<Header>>,
    /// Compliance frameworks.
    pub frameworks: List<Placed<Framework>>,
}

/// Who a pack is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Header {
    pub slug: Text,
    pub name: Text,
    pub version: Text,
    pub pack_type: Text,
    pub description: Text,
    pub tier: Text,
    pub source: Text,
    pub author: Text,
    pub repository_url: Text,
    pub documentation_url: Text,
    pub industries: List<Text>,
    pub tags: List<Text>,
    pub depends_on: List<Placed<Entry<Dependency>>>,
}

/// A dependency written as an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Dependency {
    pub pack: Text,
    pub slug: Text,
    pub version: Text,
    pub optional: Option<bool>,
    pub path: Text,
}

/// A compliance framework with its requirements.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Framework {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub version: Text,
    pub issuer: Text,
    pub description: Text,
    pub requirements: List<Placed<Requirement>>,
}

/// One requirement of a framework.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Requirement {
    pub section_code: Text,
    pub description: Text,
}

/// `taxonomy.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaxonomyFile {
    pub taxonomies: List<Placed<Taxonomy>>,
}

/// A taxonomy with its entries.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Taxonomy {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub description: Text,
    pub source_url: Text,
    pub version: Text,
    pub entries: List<Placed<TaxonomyEntry>>,
}

/// One entry of a taxonomy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaxonomyEntry {
    pub external_id: Text,
    pub title: Text,
    pub description: Text,
    pub reference_url: Text,
}

/// `components.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ComponentFile {
    pub components: List<Placed<Component>>,
}

/// A library component.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Component {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub category: Text,
    #[serde(rename = "type")]
    pub kind: Text,
    pub component_type: Text,
    pub provider: Text,
    pub parent: Text,
    pub description: Text,
}

impl Component {
    /// The kind of component, for example `Object Storage`.
    pub fn component_type(&self) -> &Text {
        self.kind.or_text(&self.component_type)
    }
}

/// `threats.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ThreatFile {
    pub threats: List<Placed<Threat>>,
}

/// A library threat.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Threat {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub description: Text,
    pub severity: Text,
}

/// `countermeasures.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CountermeasureFile {
    pub countermeasures: List<Placed<Countermeasure>>,
}

/// A library countermeasure.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Countermeasure {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub description: Text,
    pub control_type: Text,
    pub cost: Text,
    pub default_status: Text,
}

/// Something that is named by `id` or `slug`.
pub trait Item {
    /// The `id` key.
    fn id(&self) -> &Text;
    /// The `slug` key.
    fn alternative(&self) -> &Text;
    /// The name to show.
    fn name(&self) -> &Text;

    /// What joins refer to.
    fn slug(&self) -> &str {
        self.id().or(self.alternative().trimmed())
    }

    /// The name, or the slug when there is none.
    fn title(&self) -> &str {
        self.name().or(self.slug())
    }
}

macro_rules! item {
    ($($kind:ty),*) => {$(
        impl Item for $kind {
            fn id(&self) -> &Text {
                &self.id
            }
            fn alternative(&self) -> &Text {
                &self.slug
            }
            fn name(&self) -> &Text {
                &self.name
            }
        }
    )*};
}

item!(Component, Threat, Countermeasure);

/// `joins/components-threats.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ComponentThreats {
    pub mappings: List<ComponentMapping>,
}

/// The threats of one component.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ComponentMapping {
    pub component: Text,
    pub severity: Text,
    pub threats: List<Placed<Entry<AppliedThreat>>>,
}

/// A threat of a component and what it applies to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AppliedThreat {
    pub threat: Text,
    pub applies_to: Text,
}

/// `joins/threats-countermeasures.yaml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ThreatCountermeasures {
    pub mappings: List<ThreatMapping>,
}

/// The countermeasures of one threat.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ThreatMapping {
    pub threat: Text,
    pub countermeasures: List<Text>,
}

/// `joins/threats-*.yaml`: threats and entries of one taxonomy.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaxonomyJoin {
    pub taxonomy: Text,
    pub mappings: List<TaxonomyMapping>,
}

/// The taxonomy entries of one threat.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TaxonomyMapping {
    pub threat: Text,
    pub entries: List<Text>,
}

/// `joins/countermeasures-*.yaml`: countermeasures and requirements of one framework.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OverlayFile {
    pub framework: Text,
    pub mappings: List<OverlayMapping>,
}

/// The requirements one countermeasure meets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct OverlayMapping {
    pub countermeasure: Text,
    pub requirements: List<Text>,
    pub sufficiency: Text,
}

/// `joins/requirements-*.yaml`: requirements of one framework and those of another they meet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequirementOverlayFile {
    pub source_framework: Text,
    pub framework: Text,
    pub mappings: List<RequirementMapping>,
}

/// The requirements of the target framework one requirement meets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequirementMapping {
    pub requirement: Text,
    pub entries: List<Text>,
    pub sufficiency: Text,
}

/// A file of `dfd-templates`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TemplateFile {
    pub template: Template,
    pub canvas_data: Value,
}

/// What a template is called.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Template {
    pub id: Text,
    pub slug: Text,
    pub name: Text,
    pub description: Text,
    pub category: Text,
    pub diagram_type: Text,
}

/// The same file, read for its references to components.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TemplateReferences {
    pub canvas_data: Option<CanvasReferences>,
}

/// The nodes of a template.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CanvasReferences {
    pub nodes: List<NodeReference>,
}

/// A node of a template.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeReference {
    pub data: Option<NodeData>,
}

/// What a node refers to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeData {
    #[serde(alias = "componentRef")]
    pub component_ref: Text,
}
