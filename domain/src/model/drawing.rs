//! What the canvases of a threat model show.

use std::collections::HashSet;

use entity::{Id, data_flow};
use serde_json::Value;

use super::Shown;

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
        for shown in canvases.into_iter().map(Shown::on) {
            drawing.node_types.extend(shown.node_types);
            drawing.has_edges |= shown.edge_count > 0;
            drawing.flows.extend(shown.flows.into_iter().map(|(_, flow)| flow.key()));
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
    }
}
