//! Places of titles and labels: free of nodes and of each other.

use super::{
    geometry::{Frame, Point, Size},
    index::{Effort, Index},
    layout::{DETAIL, NAME},
    routing::Route,
    scene::{Edge, NodeKind, Protection, Scene, amount},
    text::Letters,
};

/// Names of edges.
pub(super) const EDGE_NAME: Letters = Letters::regular(11.0);
/// Protocols and kinds of data.
pub(super) const EDGE_DETAIL: Letters = Letters::regular(9.5);
/// Room for the lock of an encrypted flow before its text.
pub(super) const LOCK: f64 = 12.0;
/// Free space between texts.
const CLEARANCE: f64 = 2.0;
/// Widths that labels are wrapped to, with the lines that a name may have.
const WIDTHS: [(f64, usize); 4] = [(132.0, 2), (96.0, 3), (70.0, 4), (180.0, 2)];
/// Where on the way labels are tried.
const SHARES: [f64; 11] = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9];
/// How far beside the way labels are tried, after the distance that clears it.
const DISTANCES: [f64; 4] = [3.0, 14.0, 32.0, 60.0];

/// Above this cost a label is not where a reader would look for it.
const STRAINED: f64 = 24.0;
/// Above this a picture has a label over something.
const COVERED: f64 = 1.0;

/// The title of an area.
#[derive(Debug)]
pub(super) struct Title {
    pub node: usize,
    pub frame: Frame,
    pub name: String,
    pub detail: String,
}

/// The label of an edge.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub edge: usize,
    pub frame: Frame,
    pub names: Vec<String>,
    pub details: Vec<String>,
}

/// Titles and labels, and how many of them are over something.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub titles: Vec<Title>,
    pub labels: Vec<Label>,
    pub covered: usize,
    /// How many labels are far from their edges or hide them.
    pub strained: usize,
}

struct Board<'p> {
    frames: &'p [Frame],
    effort: &'p Effort,
    /// Nodes that are no areas.
    nodes: Index,
    areas: Index,
    tracks: Index,
    placed: Index,
}

/// Places all titles and labels.
pub(super) fn place(scene: &Scene, frames: &[Frame], routes: &[Route], effort: &Effort) -> Texts {
    let mut board = Board {
        frames,
        effort,
        nodes: Index::default(),
        areas: Index::default(),
        tracks: Index::default(),
        placed: Index::default(),
    };
    for (place, node) in scene.nodes.iter().enumerate() {
        let index = if node.is_area() { &mut board.areas } else { &mut board.nodes };
        index.add(place, frames[place]);
    }
    for (number, route) in routes.iter().enumerate() {
        for place in &route.places {
            board.tracks.add(number, Frame::spanning(*place, *place).grown(2.0));
        }
    }
    let mut texts = Texts::default();
    for (place, node) in scene.nodes.iter().enumerate() {
        if node.is_area() {
            let (title, cost) = board.title(scene, place);
            texts.covered += usize::from(cost > COVERED);
            board.placed.add(0, title.frame.grown(CLEARANCE));
            texts.titles.push(title);
        }
    }
    let mut order: Vec<usize> = (0..routes.len()).collect();
    order.sort_by(|one, other| routes[*one].length().total_cmp(&routes[*other].length()));
    for number in order {
        let Some((label, cost)) = board.label(number, &scene.edges[number], &routes[number]) else {
            continue;
        };
        texts.covered += usize::from(board.cover(&label.frame) > COVERED);
        texts.strained += usize::from(cost > STRAINED);
        board.placed.add(0, label.frame.grown(CLEARANCE));
        texts.labels.push(label);
    }
    texts
}

impl Board<'_> {
    /// What a text would cover.
    fn cover(&self, frame: &Frame) -> f64 {
        self.nodes.overlap(&frame.grown(CLEARANCE), self.effort)
            + self.placed.overlap(frame, self.effort)
    }

    /// How many other areas have their border below a text.
    fn borders(&self, frame: &Frame, own: Option<usize>) -> f64 {
        self.areas.sum(frame, self.effort, |owner, area| {
            let crossed = Some(owner) != own && area.overlap(frame) > 0.0 && !area.contains(frame);
            f64::from(u8::from(crossed))
        })
    }

    fn title(&self, scene: &Scene, place: usize) -> (Title, f64) {
        let (area, node) = (self.frames[place], &scene.nodes[place]);
        let room = area.width - 20.0;
        let shown = matches!(node.kind, NodeKind::Zone(_) | NodeKind::System);
        let mut detail = if shown { node.detail.clone() } else { String::new() };
        let mut detail_width = DETAIL.width(&detail) + 8.0;
        if detail.is_empty() || NAME.width(&node.name) + detail_width > room {
            // A long owner goes before the name does; a trust level stays.
            let keep = matches!(node.kind, NodeKind::Zone(_)) && room > 90.0;
            if !keep {
                detail.clear();
                detail_width = 0.0;
            }
        }
        let name = NAME.cut(&node.name, (room - detail_width).max(24.0));
        let size = Size::new(NAME.width(&name) + detail_width, NAME.line());
        let (left, right) = (area.left + 10.0, area.right() - 10.0 - size.width);
        let (top, bottom) = (area.top + 7.0, area.bottom() - 7.0 - size.height);
        let middle = area.left + (area.width - size.width) / 2.0;
        let corners = [
            (left, top),
            (right, top),
            (middle, top),
            (left, bottom),
            (right, bottom),
            (middle, bottom),
            (left, area.top - size.height - 4.0),
            (right, area.top - size.height - 4.0),
            (left, area.bottom() + 4.0),
            (right, area.bottom() + 4.0),
        ];
        let mut best = (Frame::at(Point::new(left, top), size), f64::INFINITY);
        for (number, (left, top)) in corners.into_iter().enumerate() {
            let frame = Frame::at(Point::new(left, top), size);
            let cost = 10.0 * self.cover(&frame)
                + 60.0 * self.borders(&frame, Some(place))
                + 4.0 * self.others_below(&frame, usize::MAX)
                + amount(number) * 0.05;
            if cost < best.1 {
                best = (frame, cost);
            }
            if cost < 1.0 || self.effort.is_spent() {
                break;
            }
        }
        let covered = self.cover(&best.0);
        (Title { node: place, frame: best.0, name, detail }, covered)
    }

    fn label(&self, number: usize, edge: &Edge, route: &Route) -> Option<(Label, f64)> {
        let mut best: Option<(Label, f64)> = None;
        let way = route.length();
        for (variant, (width, most_lines)) in WIDTHS.into_iter().enumerate() {
            let Some(mut label) = written(number, edge, width, most_lines) else { break };
            let size = Size::new(label.frame.width, label.frame.height);
            for (frame, cost) in candidates(route, size, way) {
                let least = best.as_ref().map_or(f64::INFINITY, |(_, cost)| *cost);
                let mut cost = cost + amount(variant) * 3.0;
                if cost >= least {
                    continue;
                }
                cost += 10.0 * self.cover(&frame)
                    + 7.0 * self.borders(&frame, None)
                    + 9.0 * self.others_below(&frame, number);
                if cost < least {
                    label.frame = frame;
                    best = Some((label.clone(), cost));
                }
                if self.effort.is_spent() {
                    break;
                }
            }
        }
        best
    }

    /// How much of other edges lies below a text.
    fn others_below(&self, frame: &Frame, own: usize) -> f64 {
        self.tracks.sum(frame, self.effort, |owner, place| {
            f64::from(u8::from(owner != own && place.overlap(frame) > 0.0))
        })
    }
}

/// The text of a label in lines, anywhere yet; none if there is no text.
fn written(number: usize, edge: &Edge, width: f64, most_lines: usize) -> Option<Label> {
    let names = EDGE_NAME.wrapped(&edge.name, width, most_lines);
    let details = EDGE_DETAIL.wrapped(&edge.detail, width - LOCK, 2);
    let lock = if edge.protection == Protection::Encrypted { LOCK } else { 0.0 };
    if names.is_empty() && details.is_empty() && lock < 1.0 {
        return None;
    }
    let (name_lock, detail_lock) = if details.is_empty() { (lock, 0.0) } else { (0.0, lock) };
    let width =
        (EDGE_NAME.widest(&names) + name_lock).max(EDGE_DETAIL.widest(&details) + detail_lock);
    let height = (amount(names.len()) * EDGE_NAME.line()
        + amount(details.len()) * EDGE_DETAIL.line())
    .max(EDGE_DETAIL.line());
    let frame = Frame::at(Point::default(), Size::new(width + 4.0, height + 2.0));
    Some(Label { edge: number, frame, names, details })
}

/// Places for a label with what they cost, the cheapest of each distance first.
fn candidates(route: &Route, size: Size, way: f64) -> impl Iterator<Item = (Frame, f64)> + use<'_> {
    let along = move |share: f64| {
        let (place, direction) = (route.curve.at(share), route.curve.direction(share));
        let normal = direction.turned();
        let reach = normal.x.abs() * size.width / 2.0 + normal.y.abs() * size.height / 2.0;
        let taken = (direction.x.abs() * size.width).max(direction.y.abs() * size.height);
        let off_middle = (share - 0.5).abs() * 34.0;
        let hidden = match taken / way.max(1.0) {
            ratio if ratio > 0.9 => 90.0,
            ratio if ratio > 0.6 => 30.0,
            ratio if ratio > 0.45 => 9.0,
            _ => 0.0,
        };
        let on_it = (Frame::around(place, size), off_middle + hidden + 2.0);
        let beside = DISTANCES.into_iter().enumerate().flat_map(move |(step, distance)| {
            [-1.0, 1.0].map(|side| {
                let centre = place + normal * (side * (reach + distance));
                let cost =
                    off_middle + 5.0 + amount(step) * 13.0 + if side > 0.0 { 0.5 } else { 0.0 };
                (Frame::around(centre, size), cost)
            })
        });
        std::iter::once(on_it).chain(beside)
    };
    SHARES.into_iter().flat_map(along)
}
