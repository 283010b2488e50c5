//! Where components and flows are on the canvases.

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Analysis, Diagram, Element, ElementKind};

/// Where a component or flow is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The node or edge.
    pub on_canvas: String,
    /// The diagram.
    pub diagram_id: i64,
    /// Its name.
    pub diagram_name: String,
}

/// The key of an element that is on no canvas.
pub fn undrawn_key(kind: ElementKind, id: i64) -> String {
    match kind {
        ElementKind::Component => format!("analysis-{id}"),
        ElementKind::Flow => format!("analysis-flow-{id}"),
    }
}

/// Where all components and flows are drawn first.
#[derive(Debug, Default)]
pub struct Places {
    by_element: HashMap<(ElementKind, i64), Place>,
    nodes: Vec<(String, i64, usize)>,
    edges: Vec<(String, i64, usize)>,
}

/// A component on a canvas, or one that is on none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappedComponent {
    /// The component.
    pub component_id: i64,
    /// The diagram, as text; null on none.
    pub dfd_id: Option<String>,
    /// The name of the diagram; null on none.
    pub dfd_name: Option<String>,
    /// Present and true for a component that is on no canvas.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_analysis_only: bool,
}

/// A flow on a canvas, or one that is on none.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MappedFlow {
    /// The flow.
    pub dataflow_id: i64,
    /// The diagram, as text; null on none.
    pub dfd_id: Option<String>,
    /// The name of the diagram; null on none.
    pub dfd_name: Option<String>,
    /// Present and true for a flow that is on no canvas.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_analysis_only: bool,
    /// The label of a flow that is on no canvas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Where a flow that is on no canvas starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_component_name: Option<String>,
    /// Where a flow that is on no canvas ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dest_component_name: Option<String>,
}

impl Places {
    /// Reads the canvases. Ids of other models' records do not count.
    pub fn of(analysis: &Analysis) -> Self {
        let known: std::collections::HashSet<_> =
            analysis.elements.iter().map(|element| (element.kind, element.id)).collect();
        let mut places = Self::default();
        for (number, diagram) in analysis.diagrams.iter().enumerate() {
            for (name, key, kind) in drawn(diagram) {
                if !known.contains(&(kind, key)) {
                    continue;
                }
                let list = match kind {
                    ElementKind::Component => &mut places.nodes,
                    ElementKind::Flow => &mut places.edges,
                };
                list.push((name.to_owned(), key, number));
                places.by_element.entry((kind, key)).or_insert_with(|| Place {
                    on_canvas: name.to_owned(),
                    diagram_id: diagram.id,
                    diagram_name: diagram.name.clone(),
                });
            }
        }
        places
    }

    /// Where an element is drawn first.
    pub fn place(&self, kind: ElementKind, id: i64) -> Option<&Place> {
        self.by_element.get(&(kind, id))
    }

    /// All nodes that stand for components, then the components on no canvas.
    pub fn components(&self, analysis: &Analysis) -> IndexMap<String, MappedComponent> {
        let mut map: IndexMap<_, _> = self
            .nodes
            .iter()
            .map(|(node, id, number)| {
                let diagram = &analysis.diagrams[*number];
                let mapped = MappedComponent {
                    component_id: *id,
                    dfd_id: Some(diagram.id.to_string()),
                    dfd_name: Some(diagram.name.clone()),
                    is_analysis_only: false,
                };
                (node.clone(), mapped)
            })
            .collect();
        map.extend(self.undrawn(analysis, ElementKind::Component).map(|component| {
            let mapped = MappedComponent {
                component_id: component.id,
                dfd_id: None,
                dfd_name: None,
                is_analysis_only: true,
            };
            (undrawn_key(component.kind, component.id), mapped)
        }));
        map
    }

    /// All edges that stand for flows, then the flows on no canvas.
    pub fn flows(&self, analysis: &Analysis) -> IndexMap<String, MappedFlow> {
        let mut map: IndexMap<_, _> = self
            .edges
            .iter()
            .map(|(edge, id, number)| {
                let diagram = &analysis.diagrams[*number];
                let mapped = MappedFlow {
                    dataflow_id: *id,
                    dfd_id: Some(diagram.id.to_string()),
                    dfd_name: Some(diagram.name.clone()),
                    is_analysis_only: false,
                    label: None,
                    source_component_name: None,
                    dest_component_name: None,
                };
                (edge.clone(), mapped)
            })
            .collect();
        map.extend(self.undrawn(analysis, ElementKind::Flow).map(|flow| {
            let mapped = MappedFlow {
                dataflow_id: flow.id,
                dfd_id: None,
                dfd_name: None,
                is_analysis_only: true,
                label: Some(flow.name.clone()),
                source_component_name: Some(flow.source.clone()),
                dest_component_name: Some(flow.destination.clone()),
            };
            (undrawn_key(flow.kind, flow.id), mapped)
        }));
        map
    }

    fn undrawn<'a>(
        &'a self,
        analysis: &'a Analysis,
        kind: ElementKind,
    ) -> impl Iterator<Item = &'a Element> + 'a {
        analysis
            .elements
            .iter()
            .filter(move |element| element.kind == kind)
            .filter(move |element| !self.by_element.contains_key(&(kind, element.id)))
    }
}

fn drawn(diagram: &Diagram) -> impl Iterator<Item = (&str, i64, ElementKind)> {
    let nodes = items(&diagram.canvas, "nodes").filter_map(|node| {
        Some((node.get("id")?.as_str()?, key(node, "componentId")?, ElementKind::Component))
    });
    let edges = items(&diagram.canvas, "edges").filter_map(|edge| {
        Some((edge.get("id")?.as_str()?, key(edge, "dataflowId")?, ElementKind::Flow))
    });
    nodes.chain(edges)
}

fn items<'c>(canvas: &'c Value, name: &str) -> impl Iterator<Item = &'c Value> {
    canvas.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn key(item: &Value, name: &str) -> Option<i64> {
    let value = item.get("data")?.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}
