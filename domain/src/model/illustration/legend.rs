//! What the forms and colours of a picture mean, as far as they occur in it.

use std::collections::BTreeSet;

use super::{
    geometry::{Curve, Frame, Point, Size},
    layout::{DETAIL, NAME},
    scene::{Content, EdgeKind, Heads, NodeKind, Posture, Protection, Scene, Trust},
    shapes,
    text::Letters,
    writing::{Anchor, Page},
};

/// Texts of the legend.
const TEXT: Letters = DETAIL;
/// The sample before a text.
const SAMPLE: Size = Size::new(28.0, 16.0);
/// Between sample and text, between entries, and from row to row.
const GAP: f64 = 7.0;
const BETWEEN: f64 = 20.0;
const ROW: f64 = 24.0;

/// Something to be explained, in the order of the legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Node(NodeKind),
    Edge(EdgeKind),
    Sensitive,
    Encrypted,
}

impl Entry {
    const fn text(self) -> &'static str {
        match self {
            Self::Node(NodeKind::Process) => "Process",
            Self::Node(NodeKind::Datastore) => "Data store",
            Self::Node(NodeKind::HumanActor) => "Person",
            Self::Node(NodeKind::SystemActor) => "External system",
            Self::Node(NodeKind::Zone(Trust::None)) => "Trust zone, 0 to 24",
            Self::Node(NodeKind::Zone(Trust::Low)) => "Trust zone, 25 to 49",
            Self::Node(NodeKind::Zone(Trust::Medium)) => "Trust zone, 50 to 74",
            Self::Node(NodeKind::Zone(Trust::High)) => "Trust zone, 75 to 100",
            Self::Node(NodeKind::System) => "System",
            Self::Node(NodeKind::Note) => "Note",
            Self::Node(NodeKind::Other) => "Other",
            Self::Edge(EdgeKind::Flow) => "Data flow",
            Self::Edge(EdgeKind::Boundary(Posture::Guarded)) => {
                "Trust boundary with authentication and access control"
            }
            Self::Edge(EdgeKind::Boundary(Posture::Partial)) => {
                "Trust boundary with authentication or access control"
            }
            Self::Edge(EdgeKind::Boundary(Posture::Open)) => "Trust boundary, nothing stated",
            Self::Edge(EdgeKind::Other) => "Connection",
            Self::Sensitive => "Sensitive data",
            Self::Encrypted => "Encrypted",
        }
    }

    fn width(self) -> f64 {
        SAMPLE.width + GAP + TEXT.width(self.text())
    }
}

/// The entries of a legend with their places.
pub(super) struct Legend {
    entries: Vec<(Entry, Point)>,
    pub size: Size,
}

impl Legend {
    /// Brings what occurs in a drawing into rows of a width.
    pub(super) fn of(scene: &Scene, width: f64) -> Self {
        let mut entries = Vec::new();
        let mut place = Point::default();
        let mut widest: f64 = 0.0;
        for entry in occurring(scene) {
            if place.x > 0.0 && place.x + entry.width() > width {
                place = Point::new(0.0, place.y + ROW);
            }
            entries.push((entry, place));
            widest = widest.max(place.x + entry.width());
            place.x += entry.width() + BETWEEN;
        }
        let height = if entries.is_empty() { 0.0 } else { place.y + ROW };
        Self { entries, size: Size::new(widest, height) }
    }

    pub(super) fn write(&self, page: &mut Page, corner: Point) {
        page.begin_group("Legend");
        for (entry, place) in &self.entries {
            write_entry(page, *entry, corner + *place);
        }
        page.end_group();
    }
}

fn occurring(scene: &Scene) -> BTreeSet<Entry> {
    let mut entries: BTreeSet<Entry> =
        scene.nodes.iter().map(|node| Entry::Node(node.kind)).collect();
    for edge in &scene.edges {
        entries.insert(Entry::Edge(edge.kind));
        if edge.protection == Protection::Encrypted {
            entries.insert(Entry::Encrypted);
        }
        if edge.content == Content::Sensitive && edge.kind == EdgeKind::Flow {
            entries.insert(Entry::Sensitive);
        }
    }
    entries
}

fn write_entry(page: &mut Page, entry: Entry, corner: Point) {
    let sample = Frame::at(corner + Point::new(0.0, (ROW - SAMPLE.height) / 2.0), SAMPLE);
    match entry {
        Entry::Node(kind) => node(page, kind, &sample),
        Entry::Edge(kind) => edge(page, kind, &sample, &[kind.class()]),
        Entry::Sensitive => edge(page, EdgeKind::Flow, &sample, &["flow", "sensitive"]),
        Entry::Encrypted => shapes::lock(page, sample.centre() - Point::new(4.5, 4.5)),
    }
    let middle = corner.y + (ROW - NAME.line()) / 2.0;
    let place = Point::new(sample.right() + GAP, shapes::middle_base(middle, NAME));
    page.text(place, Anchor::Start, entry.text(), &["detail", "soft"]);
}

fn node(page: &mut Page, kind: NodeKind, sample: &Frame) {
    if kind == NodeKind::HumanActor {
        let size = Size::new(SAMPLE.height, SAMPLE.height);
        shapes::person(page, &Frame::around(sample.centre(), size), kind.class());
    } else {
        shapes::form(page, kind, sample);
    }
}

fn edge(page: &mut Page, kind: EdgeKind, sample: &Frame, classes: &[&str]) {
    let middle = sample.centre().y;
    let (from, to) = (Point::new(sample.left, middle), Point::new(sample.right(), middle));
    let line = Curve::straight(from, to);
    if shapes::usual_heads(kind) == Heads::None {
        page.curve(&line, classes);
    } else {
        page.curve(&line.shortened(6.0), classes);
        shapes::head(page, to, Point::new(1.0, 0.0), kind);
    }
}
