//! How far a threat model has come, computed from what it contains.

use schemars::JsonSchema;
use serde::Serialize;

use super::Drawing;

/// One step towards a complete threat model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChecklistItem")]
pub struct Item {
    /// Stable name of the step.
    pub id: &'static str,
    /// The step, for people.
    pub label: &'static str,
    /// Whether it is done.
    pub checked: bool,
    /// Always true: no step is checked by hand.
    pub auto_computed: bool,
}

/// What a threat model contains besides its canvases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Facts {
    /// It has a data asset.
    pub asset: bool,
    /// A component has a threat that is not dismissed.
    pub component_threat: bool,
    /// A flow on a canvas has a threat that is not dismissed.
    pub flow_threat: bool,
    /// A component or a flow on a canvas has a countermeasure.
    pub countermeasure: bool,
    /// One of these countermeasures has an owner.
    pub owner: bool,
}

/// The steps and which of them are done.
pub fn checklist(drawing: &Drawing, facts: Facts) -> [Item; 8] {
    let item = |id, label, checked| Item { id, label, checked, auto_computed: true };
    let components = drawing.shows(&["process", "datastore"]);
    let zones = drawing.shows(&["trustZone"]);
    [
        item("assets_defined", "Primary assets defined", facts.asset),
        item("components_identified", "Components identified", components),
        item("trust_boundaries_identified", "Trust boundaries identified", zones),
        item("data_flows_defined", "Data flows defined", drawing.has_edges()),
        item("threats_linked_components", "Threats linked to components", facts.component_threat),
        item("threats_linked_flows", "Threats linked to flows", facts.flow_threat),
        item("owners_assigned", "Owners assigned", facts.owner),
        item("countermeasures_assigned", "Countermeasures assigned", facts.countermeasure),
    ]
}
