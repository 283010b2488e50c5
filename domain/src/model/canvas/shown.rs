use entity::{Ref, component, data_flow, orgsystem, trust_boundary, trust_zone};
use serde_json::Value;

use super::reading::{id_in, items, name_in};

/// The records that a stored drawing names, each with the id of the node or edge that names it.
///
/// Reads any drawing, also one that could not be saved today, and leaves out what it does not
/// understand. The ids are as the editor sent them: nobody has vouched for them.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Components, by node.
    pub components: Vec<(String, Ref<component::Entity>)>,
    /// Trust zones, by node.
    pub zones: Vec<(String, Ref<trust_zone::Entity>)>,
    /// Systems, by node.
    pub systems: Vec<(String, Ref<orgsystem::Entity>)>,
    /// Data flows, by edge.
    pub flows: Vec<(String, Ref<data_flow::Entity>)>,
    /// Trust boundaries, by edge.
    pub boundaries: Vec<(String, Ref<trust_boundary::Entity>)>,
    /// Types of the nodes, in order; empty for a node without.
    pub node_types: Vec<String>,
    /// How many edges there are.
    pub edge_count: usize,
}

impl Shown {
    /// What a drawing names.
    pub fn on(document: &Value) -> Self {
        let mut shown = Self::default();
        for node in items(document, "nodes") {
            let word = node.get("type").and_then(Value::as_str).unwrap_or_default();
            shown.node_types.push(word.to_owned());
            note(node, "componentId", &mut shown.components);
            note(node, "trustZoneId", &mut shown.zones);
            note(node, "orgsystemId", &mut shown.systems);
        }
        for edge in items(document, "edges") {
            shown.edge_count += 1;
            note(edge, "dataflowId", &mut shown.flows);
            note(edge, "trustBoundaryId", &mut shown.boundaries);
        }
        shown
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.node_types.len()
    }

    /// How many nodes have one of these types.
    pub fn count(&self, types: &[&str]) -> usize {
        self.node_types.iter().filter(|word| types.contains(&word.as_str())).count()
    }
}

fn note<E>(item: &Value, key: &str, into: &mut Vec<(String, Ref<E>)>) {
    let Some(id) = item.get("data").and_then(|data| data.get(key)).and_then(id_in) else { return };
    into.push((name_in(item, "id"), Ref::new(id)));
}
