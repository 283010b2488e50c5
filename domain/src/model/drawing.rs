//! What the canvases of a threat model show.

use std::collections::HashSet;

use entity::{Id, data_flow};
use serde_json::Value;

/// Kinds of nodes, and the flows that edges stand for, over all canvases of a model.
#[derive(Debug, Default)]
pub struct Drawing {
    node_types: HashSet<String>,
    has_edges: bool,
    flows: HashSet<i64>,
}

impl Drawing {
    /// Reads canvases. What is malformed shows nothing.
    pub fn of<'c>(canvases: impl IntoIterator<Item = &'c Value>) -> Self {
        let mut drawing = Self::default();
        for canvas in canvases {
            drawing.add(canvas);
        }
        drawing
    }

    /// Whether there is a node of one of these types.
    pub fn shows(&self, node_types: &[&str]) -> bool {
        node_types.iter().any(|kind| self.node_types.contains(*kind))
    }

    /// Whether there is an edge of any type.
    pub const fn has_edges(&self) -> bool {
        self.has_edges
    }

    /// Whether an edge stands for this flow. The id on an edge counts only if the flow belongs to
    /// the model, so ask for flows of the model only.
    pub fn has_flow(&self, flow: Id<data_flow::Entity>) -> bool {
        self.flows.contains(&flow.key())
    }

    fn add(&mut self, canvas: &Value) {
        let types = list(canvas, "nodes").iter().filter_map(|node| node.get("type")?.as_str());
        self.node_types.extend(types.map(str::to_owned));
        let edges = list(canvas, "edges");
        self.has_edges |= !edges.is_empty();
        self.flows.extend(edges.iter().filter_map(|edge| key(edge.get("data")?.get("dataflowId")?)));
    }
}

/// How many nodes a canvas has.
pub fn node_count(canvas: &Value) -> usize {
    list(canvas, "nodes").len()
}

fn list<'c>(canvas: &'c Value, name: &str) -> &'c [Value] {
    canvas.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn key(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_and_edges_are_read_and_nonsense_is_passed_over() {
        let canvas = json!({
            "nodes": [{"type": "process"}, {"type": 5}, "node"],
            "edges": [{"data": {"dataflowId": 7}}, {"data": {"dataflowId": "8"}}, {}, 3],
        });
        let drawing = Drawing::of([&canvas, &json!([]), &json!({"nodes": {}, "edges": null})]);
        assert!(drawing.shows(&["datastore", "process"]));
        assert!(!drawing.shows(&["trustZone"]));
        assert!(drawing.has_edges());
        for (flow, shown) in [(7, true), (8, true), (9, false)] {
            assert_eq!(drawing.has_flow(Id::trusted(flow)), shown);
        }
        assert_eq!(node_count(&canvas), 3);
    }
}
