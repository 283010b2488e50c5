//! What a stored drawing shows, as far as it can be understood.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    geometry::{Point, Size},
    text,
};
use crate::model::canvas::{self, MOST_EDGES, MOST_NODES, USUAL_TRUST};

/// No place is farther from the origin, so that sums stay exact enough to draw.
const FARTHEST: f64 = 100_000.0;
/// From one node without a place to the next.
const GRID: Size = Size::new(220.0, 140.0);
/// Nodes without a place beside each other.
const GRID_COLUMNS: usize = 6;

/// A drawing.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Edges that do not lead from one node to another.
    pub loose: usize,
}

/// A node.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: NodeKind,
    pub name: String,
    /// Technology, owner or trust level.
    pub detail: String,
    /// The node that it lies in.
    pub parent: Option<usize>,
    /// How many nodes it lies in.
    pub depth: usize,
    /// Whether others lie in it.
    pub holds_others: bool,
    /// The upper left corner, from the origin of the canvas.
    pub corner: Point,
    /// The size, if the editor stored one.
    pub size: Option<Size>,
}

/// What a node is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NodeKind {
    Process,
    Datastore,
    HumanActor,
    SystemActor,
    Zone(Trust),
    System,
    Note,
    Other,
}

/// How far a zone is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trust {
    /// 0 to 24.
    None,
    /// 25 to 49.
    Low,
    /// 50 to 74.
    Medium,
    /// 75 to 100.
    High,
}

/// An edge between nodes.
#[derive(Debug)]
pub(super) struct Edge {
    pub kind: EdgeKind,
    pub source: usize,
    pub target: usize,
    pub name: String,
    /// Protocol and kinds of data.
    pub detail: String,
    pub protection: Protection,
    pub content: Content,
    pub heads: Heads,
}

/// What an edge is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EdgeKind {
    Flow,
    Boundary(Posture),
    Other,
}

/// What a trust boundary states of those who cross it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Posture {
    /// They are authenticated, and their access is controlled.
    Guarded,
    /// One of both.
    Partial,
    /// Neither.
    Open,
}

/// Whether what is on its way can be read by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    Encrypted,
    Unstated,
}

/// Whether what is on its way is sensitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Sensitive,
    Usual,
}

/// Which ends of an edge have the head of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heads {
    None,
    Target,
    Both,
}

impl NodeKind {
    fn of(word: &str, data: &Value) -> Self {
        match word {
            "process" => Self::Process,
            "datastore" => Self::Datastore,
            "humanActor" => Self::HumanActor,
            "systemActor" => Self::SystemActor,
            "trustZone" => Self::Zone(Trust::of(trust_level(data))),
            "systemScope" => Self::System,
            "note" | "text" | "annotation" | "comment" | "textNode" | "noteNode" => Self::Note,
            _ => Self::Other,
        }
    }

    /// The name of a node that has none.
    const fn unnamed(self) -> &'static str {
        match self {
            Self::Process => "Unnamed process",
            Self::Datastore => "Unnamed data store",
            Self::HumanActor => "Unnamed person",
            Self::SystemActor => "Unnamed external system",
            Self::Zone(_) => "Unnamed zone",
            Self::System => "Unnamed system",
            Self::Note | Self::Other => "",
        }
    }
}

impl Trust {
    const fn of(level: i32) -> Self {
        match level {
            ..25 => Self::None,
            25..50 => Self::Low,
            50..75 => Self::Medium,
            75.. => Self::High,
        }
    }
}

impl Node {
    /// Whether it is drawn as an area with a title, below what lies in it.
    pub(super) const fn is_area(&self) -> bool {
        self.holds_others || matches!(self.kind, NodeKind::Zone(_) | NodeKind::System)
    }
}

impl Scene {
    /// Reads a drawing of any form.
    pub(super) fn read(document: &Value) -> Self {
        let shown = |item: &&Value| item.get("hidden").and_then(Value::as_bool) != Some(true);
        let values: Vec<&Value> =
            canvas::items(document, "nodes").filter(shown).take(MOST_NODES).collect();
        let mut places = HashMap::with_capacity(values.len());
        for (place, value) in values.iter().enumerate() {
            places.entry(canvas::name_in(value, "id")).or_insert(place);
        }
        let parent_of = |value: &&Value| {
            let name = ["parentId", "parentNode"].map(|key| canvas::name_in(value, key));
            name.iter().filter(|name| !name.is_empty()).find_map(|name| places.get(name)).copied()
        };
        let parents = values.iter().map(parent_of).collect();
        let mut nodes: Vec<Node> =
            values.iter().enumerate().map(|(place, value)| node(place, value)).collect();
        put_into_parents(&mut nodes, parents);
        let lines: Vec<&Value> =
            canvas::items(document, "edges").filter(shown).take(MOST_EDGES).collect();
        let edges: Vec<Edge> = lines.iter().filter_map(|value| edge(value, &places)).collect();
        let loose = lines.len() - edges.len();
        Self { nodes, edges, loose }
    }
}

fn node(place: usize, value: &Value) -> Node {
    let data = value.get("data").unwrap_or(&Value::Null);
    let word = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = NodeKind::of(word, data);
    let mut name = first_text(data, &["label", "name", "title", "text", "content"]);
    if name.is_empty() {
        kind.unnamed().clone_into(&mut name);
    }
    if name.is_empty() {
        name = text::clean(if word.is_empty() { "Node" } else { word });
    }
    let detail = match kind {
        NodeKind::Zone(_) => format!("trust {}", trust_level(data)),
        NodeKind::System => first_text(data, &["owner"]),
        _ => first_text(data, &["technology"]),
    };
    Node {
        kind,
        name,
        detail,
        parent: None,
        depth: 0,
        holds_others: false,
        corner: corner(value).unwrap_or_else(|| grid_corner(place)),
        size: size(value),
    }
}

fn corner(value: &Value) -> Option<Point> {
    let position = value.get("position")?;
    let along = |key| position.get(key).and_then(measure);
    Some(within_reach(Point::new(along("x")?, along("y")?)))
}

/// Where a node lies that the editor gave no place.
fn grid_corner(place: usize) -> Point {
    let column = amount(place % GRID_COLUMNS);
    let row = amount(place / GRID_COLUMNS);
    Point::new(40.0 + column * GRID.width, 60.0 + row * GRID.height)
}

fn within_reach(point: Point) -> Point {
    Point::new(point.x.clamp(-FARTHEST, FARTHEST), point.y.clamp(-FARTHEST, FARTHEST))
}

/// A small count as a measure.
pub(super) fn amount(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}

/// The size as measured by the editor, or as set.
fn size(value: &Value) -> Option<Size> {
    let side = |key| {
        let measured = value.get("measured").and_then(|size| size.get(key));
        let styled = value.get("style").and_then(|style| style.get(key));
        let sides = [measured, value.get(key), styled].into_iter().flatten();
        sides.filter_map(measure).find(|side| *side >= 1.0)
    };
    let limit = |side: f64| side.min(FARTHEST);
    Some(Size::new(limit(side("width")?), limit(side("height")?)))
}

/// A finite number, or one in a text such as `120px`.
fn measure(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().trim_end_matches("px").parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn trust_level(data: &Value) -> i32 {
    let level = data.get("trustLevel").and_then(measure);
    #[expect(clippy::cast_possible_truncation, reason = "between 0 and 100")]
    level.map_or(USUAL_TRUST, |level| level.clamp(0.0, 100.0) as i32)
}

/// The first of several texts that is not empty.
fn first_text(data: &Value, keys: &[&str]) -> String {
    let texts = keys.iter().filter_map(|key| data.get(key)).map(|value| match value {
        Value::String(text) => text::clean(text),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    });
    texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

fn is_set(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64() == Some(1.0),
        Some(Value::String(text)) => {
            matches!(text.trim().to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1")
        }
        _ => false,
    }
}

/// Texts of a list, or one text.
fn words(value: Option<&Value>) -> Vec<String> {
    let list = match value {
        Some(Value::Array(list)) => list.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let clean = |word: &Value| word.as_str().map(text::clean);
    list.iter().take(20).filter_map(clean).filter(|word| !word.is_empty()).collect()
}

fn edge(value: &Value, places: &HashMap<String, usize>) -> Option<Edge> {
    let end = |key| {
        let name = canvas::name_in(value, key);
        places.get(&name).copied().filter(|_| !name.is_empty())
    };
    let data = value.get("data").unwrap_or(&Value::Null);
    let kind = match value.get("type").and_then(Value::as_str) {
        Some("dataFlow") => EdgeKind::Flow,
        Some("trustBoundary") => EdgeKind::Boundary(posture(data)),
        _ => EdgeKind::Other,
    };
    let mut name = first_text(data, &["label", "name", "text"]);
    if name.is_empty() {
        name = first_text(value, &["label"]);
    }
    let mut details = words(data.get("protocol"));
    details.extend(words(data.get("dataClassification")));
    let flag = |key| is_set(data.get(key));
    Some(Edge {
        kind,
        source: end("source")?,
        target: end("target")?,
        name,
        detail: details.join(", "),
        protection: if flag("encrypted") { Protection::Encrypted } else { Protection::Unstated },
        content: if flag("hasSensitiveData") { Content::Sensitive } else { Content::Usual },
        heads: heads(kind, value, data),
    })
}

fn heads(kind: EdgeKind, value: &Value, data: &Value) -> Heads {
    let marked =
        |key| value.get(key).is_some_and(|marker| marker.is_string() || marker.is_object());
    let direction = first_text(data, &["direction"]).to_lowercase();
    let both = is_set(data.get("bidirectional"))
        || marked("markerStart")
        || matches!(direction.as_str(), "both" | "bidirectional");
    match kind {
        EdgeKind::Boundary(_) => Heads::None,
        _ if both => Heads::Both,
        _ => Heads::Target,
    }
}

fn posture(data: &Value) -> Posture {
    let stated = |key| {
        words(data.get(key))
            .iter()
            .any(|word| !matches!(word.to_lowercase().as_str(), "none" | "no"))
    };
    match (stated("authenticationMethods"), stated("accessControlMethods")) {
        (true, true) => Posture::Guarded,
        (false, false) => Posture::Open,
        _ => Posture::Partial,
    }
}

/// Corners of nodes are given from the corner of the parent. A node that would lie in itself lies
/// in nothing.
fn put_into_parents(nodes: &mut [Node], mut parents: Vec<Option<usize>>) {
    let mut done = vec![false; nodes.len()];
    let mut walked = vec![false; nodes.len()];
    for start in 0..nodes.len() {
        let mut chain = Vec::new();
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| !done[*place]) {
            chain.push(place);
            walked[place] = true;
            if parents[place].is_some_and(|parent| walked[parent] && !done[parent]) {
                parents[place] = None;
            }
            next = parents[place];
        }
        for place in chain.into_iter().rev() {
            done[place] = true;
            let Some(parent) = parents[place] else { continue };
            nodes[parent].holds_others = true;
            let (corner, depth) = (nodes[parent].corner, nodes[parent].depth);
            let node = &mut nodes[place];
            node.parent = Some(parent);
            node.depth = depth + 1;
            node.corner = within_reach(node.corner + corner);
        }
    }
}
