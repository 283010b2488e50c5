//! The drawing of a diagram: what the rules know of it, and everything else as the editor sent it.
//!
//! The editor owns the drawing. Nodes and edges of the known types are read with types; of the
//! others only the form is checked. The only change ever made is to write the ids of records.

mod edge;
mod node;
mod reading;
mod shown;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::{Map, Value};

pub use self::{
    edge::{BoundaryEdge, Edge, FlowEdge, Line},
    node::{ComponentKind, ComponentNode, Node, ScopeNode, Shape, ZoneNode},
    shown::Shown,
};
pub(crate) use self::{
    node::USUAL_TRUST,
    reading::{items, name_in},
};
use crate::{Error, Result, Violations};

/// The field under which faults are reported.
const FIELD: &str = "canvas_data";
/// Most nodes in one drawing.
pub const MOST_NODES: usize = 5_000;
/// Most edges in one drawing.
pub const MOST_EDGES: usize = 10_000;
/// Faults reported at once.
const MOST_FAULTS: usize = 20;

/// A drawing whose form was checked.
#[derive(Clone, Debug)]
pub struct Canvas {
    document: Value,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    parents: Vec<Option<usize>>,
    places: HashMap<String, usize>,
}

impl Canvas {
    /// Checks a drawing. Faults are listed under `canvas_data` and name the node or edge and the
    /// key.
    pub fn read(document: Value) -> Result<Self> {
        let Value::Object(object) = &document else {
            return Err(Error::invalid(FIELD, "Expected an object with nodes and edges."));
        };
        let mut faults = Vec::new();
        let nodes = read_list(object, "nodes", MOST_NODES, &mut faults, Node::read);
        let edges = read_list(object, "edges", MOST_EDGES, &mut faults, Edge::read);
        refuse(faults)?;
        let mut places = HashMap::with_capacity(nodes.len());
        for (place, node) in nodes.iter().enumerate() {
            places.entry(node.id.clone()).or_insert(place);
        }
        let parents = nodes
            .iter()
            .map(|node| node.parent.as_ref().and_then(|parent| places.get(parent)).copied())
            .collect();
        Ok(Self { document, nodes, edges, parents, places })
    }

    /// The drawing as it was sent, with the ids that were written.
    pub fn into_document(self) -> Value {
        self.document
    }

    /// The drawing as it was sent, with the ids written so far.
    pub const fn document(&self) -> &Value {
        &self.document
    }

    /// All nodes, in order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All edges, in order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Places and contents of the nodes that stand for components.
    pub fn components(&self) -> impl Iterator<Item = (usize, &ComponentNode)> {
        self.places_of(|shape| match shape {
            Shape::Component(component) => Some(component.as_ref()),
            _ => None,
        })
    }

    /// Places and contents of the nodes that stand for trust zones.
    pub fn zones(&self) -> impl Iterator<Item = (usize, &ZoneNode)> {
        self.places_of(|shape| match shape {
            Shape::Zone(zone) => Some(zone),
            _ => None,
        })
    }

    /// Places and contents of the nodes that stand for systems.
    pub fn scopes(&self) -> impl Iterator<Item = (usize, &ScopeNode)> {
        self.places_of(|shape| match shape {
            Shape::Scope(scope) => Some(scope),
            _ => None,
        })
    }

    fn places_of<'c, T: 'c>(
        &'c self,
        choose: impl Fn(&'c Shape) -> Option<&'c T>,
    ) -> impl Iterator<Item = (usize, &'c T)> {
        self.nodes
            .iter()
            .enumerate()
            .filter_map(move |(place, node)| Some((place, choose(&node.shape)?)))
    }

    /// The place of the node with an id; of the first, if several have it.
    pub fn place_of(&self, node: &str) -> Option<usize> {
        self.places.get(node).copied()
    }

    /// The place of the node that a node lies in.
    pub fn parent(&self, place: usize) -> Option<usize> {
        self.parents.get(place).copied().flatten()
    }

    /// Places of the nodes that a node lies in, innermost first. Ends where it would come back to
    /// the node itself.
    pub fn around(&self, place: usize) -> impl Iterator<Item = usize> {
        let up = move |inner: &usize| self.parent(*inner).filter(|outer| *outer != place);
        std::iter::successors(up(&place), up).take(self.nodes.len())
    }

    /// Whether a node lies in itself by way of the nodes around it.
    pub fn is_in_itself(&self, place: usize) -> bool {
        let up = |inner: &usize| self.parent(*inner);
        std::iter::successors(up(&place), up).take(self.nodes.len()).any(|outer| outer == place)
    }

    /// Writes the id of a record into a node.
    pub fn write_node(&mut self, place: usize, key: &str, id: i64) {
        write(&mut self.document, "nodes", place, key, id);
    }

    /// Writes the id of a record into an edge.
    pub fn write_edge(&mut self, place: usize, key: &str, id: i64) {
        write(&mut self.document, "edges", place, key, id);
    }
}

/// Reads a list of the drawing, which may be absent.
fn read_list<T>(
    object: &Map<String, Value>,
    key: &str,
    most: usize,
    faults: &mut Vec<String>,
    read: fn(usize, &Value) -> Result<T, String>,
) -> Vec<T> {
    let list = match object.get(key) {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            faults.push(format!("{key}: Expected a list."));
            return Vec::new();
        }
    };
    if list.len() > most {
        faults.push(format!("{key}: There are more than {most}."));
        return Vec::new();
    }
    let mut items = Vec::with_capacity(list.len());
    for (place, value) in list.iter().enumerate() {
        match read(place, value) {
            Ok(item) => items.push(item),
            Err(fault) => faults.push(fault),
        }
    }
    items
}

fn refuse(faults: Vec<String>) -> Result<()> {
    let mut violations = Violations::default();
    for fault in faults.into_iter().take(MOST_FAULTS) {
        violations.add(FIELD, fault);
    }
    violations.check()
}

fn write(document: &mut Value, list: &str, place: usize, key: &str, id: i64) {
    let Some(Value::Object(item)) = document.get_mut(list).and_then(|list| list.get_mut(place))
    else {
        return;
    };
    let data = item.entry("data").or_insert(Value::Null);
    if data.is_null() {
        *data = Value::Object(Map::new());
    }
    if let Value::Object(data) = data
        && data.get(key).and_then(Value::as_i64) != Some(id)
    {
        data.insert(key.to_owned(), id.into());
    }
}
