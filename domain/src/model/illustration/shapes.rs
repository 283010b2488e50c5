//! The forms of nodes and edges.

use super::{
    geometry::{Frame, Point, Size},
    labels::{EDGE_DETAIL, EDGE_NAME, LOCK, Label, Title},
    layout::{Caption, DETAIL, NAME, PERSON, has_person},
    routing::Route,
    scene::{Content, Edge, EdgeKind, Heads, Node, NodeKind, Posture, Protection, Trust},
    text::Letters,
    writing::{Anchor, Page, point},
};

/// Length of the head of an arrow.
const HEAD: f64 = 9.0;
/// The base line of text, as a share of its size below the middle of the line.
const BASE: f64 = 0.35;
/// The folded corner of a note.
const FOLD: f64 = 12.0;

impl NodeKind {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Datastore => "store",
            Self::HumanActor => "person",
            Self::SystemActor => "external",
            Self::Zone(Trust::None) => "trust-none",
            Self::Zone(Trust::Low) => "trust-low",
            Self::Zone(Trust::Medium) => "trust-medium",
            Self::Zone(Trust::High) => "trust-high",
            Self::System => "system",
            Self::Note => "note",
            Self::Other => "other",
        }
    }

    const fn ink(self) -> &'static str {
        match self {
            Self::Zone(Trust::None) => "trust-none-ink",
            Self::Zone(Trust::Low) => "trust-low-ink",
            Self::Zone(Trust::Medium) => "trust-medium-ink",
            Self::Zone(Trust::High) => "trust-high-ink",
            Self::System => "system-ink",
            _ => "ink",
        }
    }
}

impl EdgeKind {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Boundary(Posture::Guarded) => "guarded",
            Self::Boundary(Posture::Partial) => "partial",
            Self::Boundary(Posture::Open) => "open",
            Self::Other => "line",
        }
    }

    const fn head(self) -> &'static str {
        if matches!(self, Self::Other) { "line-head" } else { "head" }
    }

    const fn ink(self) -> &'static str {
        match self {
            Self::Boundary(Posture::Guarded) => "guarded-ink",
            Self::Boundary(Posture::Partial) => "partial-ink",
            Self::Boundary(Posture::Open) => "open-ink",
            _ => "ink",
        }
    }
}

/// The heads that edges of a kind have in the legend.
pub(super) const fn usual_heads(kind: EdgeKind) -> Heads {
    match kind {
        EdgeKind::Boundary(_) => Heads::None,
        _ => Heads::Target,
    }
}

/// The form of a node without its text.
pub(super) fn form(page: &mut Page, kind: NodeKind, frame: &Frame) {
    let class = kind.class();
    match kind {
        NodeKind::Process => page.rectangle(frame, (frame.height / 2.0).min(20.0), &[class]),
        NodeKind::Datastore => store(page, frame, class),
        NodeKind::Note => note(page, frame, class),
        NodeKind::Zone(_) => page.rectangle(frame, 10.0, &[class]),
        NodeKind::HumanActor | NodeKind::SystemActor => page.rectangle(frame, 0.0, &[class]),
        NodeKind::System | NodeKind::Other => page.rectangle(frame, 4.0, &[class]),
    }
}

/// Two level lines with a surface between them.
fn store(page: &mut Page, frame: &Frame, class: &str) {
    page.rectangle(frame, 0.0, &[class, "bare"]);
    let mut data = String::new();
    for height in [frame.top, frame.bottom()] {
        point(&mut data, 'M', Point::new(frame.left, height));
        point(&mut data, 'L', Point::new(frame.right(), height));
    }
    page.path(&data, &[class]);
}

fn note(page: &mut Page, frame: &Frame, class: &str) {
    let fold = FOLD.min(frame.width / 3.0).min(frame.height / 3.0);
    let (right, top) = (frame.right(), frame.top);
    let outline = [
        Point::new(frame.left, top),
        Point::new(right - fold, top),
        Point::new(right, top + fold),
        Point::new(right, frame.bottom()),
        Point::new(frame.left, frame.bottom()),
    ];
    page.polygon(&outline, &[class]);
    let mut data = String::new();
    point(&mut data, 'M', outline[1]);
    point(&mut data, 'L', Point::new(right - fold, top + fold));
    point(&mut data, 'L', outline[2]);
    page.path(&data, &[class]);
}

/// A person whose head is at the top of a frame.
pub(super) fn person(page: &mut Page, frame: &Frame, class: &str) {
    let centre = frame.centre().x;
    let radius = frame.height * 0.24;
    let head = Frame::around(
        Point::new(centre, frame.top + radius + 1.0),
        Size::new(radius * 2.0, radius * 2.0),
    );
    page.rectangle(&head, radius, &[class]);
    let (shoulder, foot) = (head.bottom() + 1.5, frame.bottom());
    let reach = frame.height * 0.42;
    let mut data = String::new();
    point(&mut data, 'M', Point::new(centre - reach, foot));
    point(&mut data, 'C', Point::new(centre - reach, shoulder));
    point(&mut data, ' ', Point::new(centre + reach, shoulder));
    point(&mut data, ' ', Point::new(centre + reach, foot));
    data.push('Z');
    page.path(&data, &[class]);
}

/// The text in a node.
pub(super) fn caption(page: &mut Page, node: &Node, frame: &Frame, caption: &Caption) {
    let with_person = has_person(node.kind, frame);
    let above = if with_person { PERSON } else { 0.0 };
    let centre = frame.centre().x;
    let mut top = frame.top + (frame.height - above - caption.height()) / 2.0;
    if with_person {
        let place = Point::new(centre - PERSON / 2.0, top - 1.0);
        person(page, &Frame::at(place, Size::new(PERSON, PERSON - 2.0)), node.kind.class());
        top += above;
    }
    for line in &caption.lines {
        let place = Point::new(centre, middle_base(top, NAME));
        page.text(place, Anchor::Middle, line, &["name", "ink"]);
        top += NAME.line();
    }
    if let Some(detail) = &caption.detail {
        let place = Point::new(centre, middle_base(top + 1.0, DETAIL));
        page.text(place, Anchor::Middle, detail, &["detail", "soft"]);
    }
}

/// The base line of a line of text whose top is given.
pub(super) fn middle_base(top: f64, letters: Letters) -> f64 {
    top + letters.line() / 2.0 + letters.size * BASE
}

/// The title of an area.
pub(super) fn title(page: &mut Page, node: &Node, title: &Title) {
    let ink = node.kind.ink();
    let base = middle_base(title.frame.top, NAME);
    let place = Point::new(title.frame.left, base);
    page.text(place, Anchor::Start, &title.name, &["name", ink, "halo"]);
    if !title.detail.is_empty() {
        let after = Point::new(title.frame.right() - DETAIL.width(&title.detail), base);
        page.text(after, Anchor::Start, &title.detail, &["detail", ink, "halo"]);
    }
}

/// The line of an edge with its heads.
pub(super) fn line(page: &mut Page, edge: &Edge, route: &Route) {
    let room = (HEAD * 0.7).min(route.length() / 3.0);
    let mut curve = route.curve;
    if edge.heads != Heads::None {
        curve = curve.shortened(room);
    }
    if edge.heads == Heads::Both {
        curve = curve.reversed().shortened(room).reversed();
    }
    let mut classes = vec![edge.kind.class()];
    if edge.content == Content::Sensitive && edge.kind == EdgeKind::Flow {
        classes.push("sensitive");
    }
    page.curve(&curve, &classes);
    if edge.heads != Heads::None {
        head(page, route.curve.to, route.curve.direction(1.0), edge.kind);
    }
    if edge.heads == Heads::Both {
        let back = route.curve.reversed();
        head(page, back.to, back.direction(1.0), edge.kind);
    }
}

/// The head of an arrow.
pub(super) fn head(page: &mut Page, tip: Point, direction: Point, kind: EdgeKind) {
    let back = tip - direction * HEAD;
    let side = direction.turned() * (HEAD * 0.42);
    page.polygon(&[tip, back + side, back - side], &[kind.head()]);
}

/// The label of an edge.
pub(super) fn label(page: &mut Page, edge: &Edge, label: &Label, ground: &str) {
    page.rectangle(&label.frame, 3.0, &[ground, "bare", "ground"]);
    let centre = label.frame.centre().x;
    let mut top = label.frame.top + 1.0;
    let mut locked = edge.protection == Protection::Encrypted;
    let ink = edge.kind.ink();
    if label.names.is_empty() && label.details.is_empty() {
        lock(page, Point::new(centre - LOCK / 2.0, top));
        return;
    }
    let with_lock_first = label.details.is_empty();
    for (number, line) in label.names.iter().enumerate() {
        let shown = locked && with_lock_first && number == 0;
        text_with_lock(page, Point::new(centre, top), line, (EDGE_NAME, "label", ink), shown);
        locked &= !shown;
        top += EDGE_NAME.line();
    }
    for line in &label.details {
        text_with_lock(page, Point::new(centre, top), line, (EDGE_DETAIL, "small", "soft"), locked);
        locked = false;
        top += EDGE_DETAIL.line();
    }
}

/// A line of text in the middle of a place, maybe after a lock.
fn text_with_lock(
    page: &mut Page,
    place: Point,
    text: &str,
    (letters, size, ink): (Letters, &str, &str),
    locked: bool,
) {
    let base = middle_base(place.y, letters);
    let centre = if locked {
        let left = place.x - f64::midpoint(letters.width(text), LOCK);
        lock(page, Point::new(left, base - 8.0));
        place.x + LOCK / 2.0
    } else {
        place.x
    };
    page.text(Point::new(centre, base), Anchor::Middle, text, &[size, ink, "halo"]);
}

/// A closed lock with its upper left corner at a place.
pub(super) fn lock(page: &mut Page, place: Point) {
    let body = Frame::at(place + Point::new(0.6, 3.6), Size::new(7.8, 5.2));
    page.rectangle(&body, 1.0, &["lock"]);
    let mut data = String::new();
    point(&mut data, 'M', place + Point::new(2.2, 3.6));
    point(&mut data, 'C', place + Point::new(2.2, -0.6));
    point(&mut data, ' ', place + Point::new(6.8, -0.6));
    point(&mut data, ' ', place + Point::new(6.8, 3.6));
    page.path(&data, &["shackle"]);
}
