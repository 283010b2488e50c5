//! The ways of edges from border to border, around nodes and beside each other.

use std::collections::HashMap;

use super::{
    geometry::{Curve, Frame, Point, length},
    index::{Effort, Index},
    scene::{Edge, Scene, amount},
};

/// Between edges that have both ends in common.
const LANE: f64 = 26.0;
/// All edges between two nodes lie within this width.
const ALL_LANES: f64 = 200.0;
/// How far edges may bow out to come around nodes.
const BOWS: [f64; 12] =
    [-28.0, 28.0, -55.0, 55.0, -90.0, 90.0, -130.0, 130.0, -180.0, 180.0, -250.0, 250.0];
/// How far edges may be beside the middle where frames are side by side.
const SHIFTS: [f64; 8] = [-22.0, 22.0, -44.0, 44.0, -80.0, 80.0, -130.0, 130.0];
/// How far from corners edges begin and end.
const CORNER: f64 = 16.0;
/// Free space around nodes.
const CLEARANCE: f64 = 7.0;
/// What it costs to pass through a node, in units of way.
const THROUGH_NODE: f64 = 2_000.0;
/// What it costs to run along another edge for a bit.
const ALONG_EDGE: f64 = 14.0;
/// Straight pieces at the ends, where edges may come together.
const NEAR_END: usize = 4;
/// Side of the area that an edge takes at each of its places.
const TRACK: f64 = 9.0;

/// The way of an edge.
#[derive(Debug)]
pub(super) struct Route {
    pub curve: Curve,
    pub places: Vec<Point>,
}

impl Route {
    fn of(curve: Curve) -> Self {
        Self { places: curve.places(), curve }
    }

    pub(super) fn length(&self) -> f64 {
        length(&self.places)
    }
}

/// How an edge leads from one frame to another.
#[derive(Clone, Copy)]
enum Bend {
    /// Straight if it can be, so far beside the middle.
    Beside(f64),
    /// In a bow that is so far from the straight line in its middle.
    Bow(f64),
    /// Out of one side and into another.
    Sides(Side, Side),
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Top,
    Bottom,
}

impl Side {
    const ALL: [Self; 4] = [Self::Right, Self::Bottom, Self::Left, Self::Top];

    fn middle(self, frame: &Frame) -> Point {
        let centre = frame.centre();
        match self {
            Self::Left => Point::new(frame.left, centre.y),
            Self::Right => Point::new(frame.right(), centre.y),
            Self::Top => Point::new(centre.x, frame.top),
            Self::Bottom => Point::new(centre.x, frame.bottom()),
        }
    }

    const fn outward(self) -> Point {
        match self {
            Self::Left => Point::new(-1.0, 0.0),
            Self::Right => Point::new(1.0, 0.0),
            Self::Top => Point::new(0.0, -1.0),
            Self::Bottom => Point::new(0.0, 1.0),
        }
    }
}

/// Finds the ways of all edges.
pub(super) fn routes(scene: &Scene, frames: &[Frame], effort: &Effort) -> Vec<Route> {
    let mut nodes = Index::default();
    for (place, node) in scene.nodes.iter().enumerate() {
        if !node.is_area() {
            nodes.add(place, frames[place].grown(CLEARANCE));
        }
    }
    let mut tracks = Index::default();
    let mut routes = Vec::with_capacity(scene.edges.len());
    for (edge, lane) in scene.edges.iter().zip(lanes(&scene.edges)) {
        let route = if edge.source == edge.target {
            Route::of(around_corner(&frames[edge.source], lane))
        } else {
            best(edge, lane, frames, &nodes, &tracks, effort)
        };
        note_track(&route, &mut tracks);
        routes.push(route);
    }
    routes
}

fn note_track(route: &Route, tracks: &mut Index) {
    let inner = route.places.len().saturating_sub(2 * NEAR_END);
    for place in route.places.iter().skip(NEAR_END).take(inner) {
        tracks.add(0, Frame::spanning(*place, *place).grown(TRACK / 2.0));
    }
}

/// How far each edge is beside the middle of those with the same ends, seen from the node with the
/// lower number. For edges that lead back to their node, how many came before.
fn lanes(edges: &[Edge]) -> Vec<f64> {
    let ends = |edge: &Edge| (edge.source.min(edge.target), edge.source.max(edge.target));
    let mut counts: HashMap<(usize, usize), usize> = HashMap::new();
    for edge in edges {
        *counts.entry(ends(edge)).or_default() += 1;
    }
    let mut seen: HashMap<(usize, usize), usize> = HashMap::new();
    let mut lane = |edge: &Edge| {
        let before = seen.entry(ends(edge)).or_default();
        let number = amount(*before);
        *before += 1;
        if edge.source == edge.target {
            return number.min(20.0);
        }
        let last = amount(counts.get(&ends(edge)).copied().unwrap_or(1)) - 1.0;
        let between = LANE.min(ALL_LANES / last.max(1.0));
        (number - last / 2.0) * between
    };
    edges.iter().map(&mut lane).collect()
}

fn best(
    edge: &Edge,
    lane: f64,
    frames: &[Frame],
    nodes: &Index,
    tracks: &Index,
    effort: &Effort,
) -> Route {
    let (low, high) = (edge.source.min(edge.target), edge.source.max(edge.target));
    let make = |bend| {
        let curve = curve(&frames[low], &frames[high], bend);
        Route::of(if low == edge.source { curve } else { curve.reversed() })
    };
    let is_other = |owner| owner != low && owner != high;
    let cost =
        |route: &Route| {
            let inner = &route.places[NEAR_END..route.places.len() - NEAR_END];
            let along =
                inner.iter().map(|place| {
                    let here = Frame::spanning(*place, *place).grown(TRACK / 2.0);
                    tracks.sum(&here, effort, |_, frame| {
                        if frame.overlap(&here) > 0.0 { ALONG_EDGE } else { 0.0 }
                    })
                });
            let along: f64 = along.sum();
            THROUGH_NODE * nodes.crossings(&route.places, effort, is_other) + along
        };
    let straight = make(Bend::Beside(lane));
    let mut least = cost(&straight);
    let mut best = straight;
    if least < ALONG_EDGE / 2.0 {
        return best;
    }
    let way = best.length();
    for (bend, extra) in detours(lane) {
        if effort.is_spent() {
            break;
        }
        let route = make(bend);
        let detour = (route.length() - way).max(0.0) + extra;
        if detour >= least {
            continue;
        }
        let cost = cost(&route) + detour;
        if cost < least {
            least = cost;
            best = route;
        }
    }
    best
}

/// Other ways than the straight one, with what they cost besides their length.
fn detours(lane: f64) -> impl Iterator<Item = (Bend, f64)> {
    let shifts = SHIFTS.map(|shift| (Bend::Beside(lane + shift), shift.abs() * 0.12));
    let bows = BOWS.map(|bow| (Bend::Bow(lane + bow), bow.abs() * 0.35));
    let from_side = |one: Side| Side::ALL.map(|other| (Bend::Sides(one, other), 45.0));
    let sides = Side::ALL.into_iter().flat_map(from_side);
    shifts.into_iter().chain(bows).chain(sides)
}

fn curve(one: &Frame, other: &Frame, bend: Bend) -> Curve {
    if one.contains(other) {
        return outward(other, one).reversed();
    }
    if other.contains(one) {
        return outward(one, other);
    }
    let bow = match bend {
        Bend::Beside(shift) => {
            if let Some(line) = level(one, other, shift).or_else(|| upright(one, other, shift)) {
                return line;
            }
            shift
        }
        Bend::Bow(bow) => bow,
        Bend::Sides(from, to) => return from_side_to_side((one, from), (other, to)),
    };
    bowed(one, other, bow)
}

fn from_side_to_side((one, from): (&Frame, Side), (other, to): (&Frame, Side)) -> Curve {
    let (start, end) = (from.middle(one), to.middle(other));
    let reach = ((end - start).length() * 0.4).clamp(40.0, 260.0);
    Curve {
        from: start,
        first: start + from.outward() * reach,
        second: end + to.outward() * reach,
        to: end,
    }
}

/// Where the way to a place crosses the border, but not at a corner.
fn border(frame: &Frame, toward: Point) -> Point {
    let point = frame.border_toward(toward);
    let (across, down) = (CORNER.min(frame.width / 3.0), CORNER.min(frame.height / 3.0));
    let on_side = (point.x - frame.left).abs() < 1e-6 || (point.x - frame.right()).abs() < 1e-6;
    if on_side {
        Point::new(point.x, point.y.clamp(frame.top + down, frame.bottom() - down))
    } else {
        Point::new(point.x.clamp(frame.left + across, frame.right() - across), point.y)
    }
}

fn bowed(one: &Frame, other: &Frame, bow: f64) -> Curve {
    let (from, to) = (one.centre(), other.centre());
    let Some(direction) = (to - from).direction() else {
        return around_corner(one, 0.0);
    };
    if bow.abs() < 0.5 {
        return Curve::straight(border(one, to), border(other, from));
    }
    let by = from.toward(to, 0.5) + direction.turned() * (2.0 * bow);
    Curve::bent(border(one, by), by, border(other, by))
}

/// A level line, where frames are side by side.
fn level(one: &Frame, other: &Frame, shift: f64) -> Option<Curve> {
    let along = common((one.top, one.bottom()), (other.top, other.bottom()), shift)?;
    let line = |from, to| Curve::straight(Point::new(from, along), Point::new(to, along));
    if one.right() < other.left {
        return Some(line(one.right(), other.left));
    }
    (other.right() < one.left).then(|| line(one.left, other.right()))
}

/// An upright line, where frames are one above the other.
fn upright(one: &Frame, other: &Frame, shift: f64) -> Option<Curve> {
    let along = common((one.left, one.right()), (other.left, other.right()), shift)?;
    let line = |from, to| Curve::straight(Point::new(along, from), Point::new(along, to));
    if one.bottom() < other.top {
        return Some(line(one.bottom(), other.top));
    }
    (other.bottom() < one.top).then(|| line(one.top, other.bottom()))
}

/// A place in both ranges: near the middle of the smaller one, or so far beside it.
fn common(one: (f64, f64), other: (f64, f64), shift: f64) -> Option<f64> {
    let edge = 8.0;
    let (low, high) = (one.0.max(other.0) + edge, one.1.min(other.1) - edge);
    if high < low {
        return None;
    }
    let smaller = if one.1 - one.0 <= other.1 - other.0 { one } else { other };
    let middle = f64::midpoint(smaller.0, smaller.1).clamp(low, high);
    let place = middle + shift;
    (low..=high).contains(&place).then_some(place)
}

/// The shortest way from a frame to the border of the one around it.
fn outward(inner: &Frame, outer: &Frame) -> Curve {
    let centre = inner.centre();
    let ways = [
        (Point::new(inner.left, centre.y), Point::new(outer.left, centre.y)),
        (Point::new(inner.right(), centre.y), Point::new(outer.right(), centre.y)),
        (Point::new(centre.x, inner.top), Point::new(centre.x, outer.top)),
        (Point::new(centre.x, inner.bottom()), Point::new(centre.x, outer.bottom())),
    ];
    let shortest = ways
        .into_iter()
        .min_by(|one, other| (one.1 - one.0).length().total_cmp(&(other.1 - other.0).length()));
    let (from, to) = shortest.unwrap_or((centre, centre));
    Curve::straight(from, to)
}

/// Out of the right side and back in from above.
fn around_corner(frame: &Frame, number: f64) -> Curve {
    let reach = 40.0 + 14.0 * number;
    let from = Point::new(frame.right(), frame.top + (frame.height * 0.4).min(30.0));
    let to = Point::new(frame.right() - (frame.width * 0.3).min(40.0), frame.top);
    Curve {
        from,
        first: from + Point::new(reach * 1.3, 0.0),
        second: to + Point::new(0.0, -reach * 1.3),
        to,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::geometry::Size, *};

    fn frame(left: f64, top: f64) -> Frame {
        Frame::at(Point::new(left, top), Size::new(100.0, 50.0))
    }

    #[test]
    fn frames_side_by_side_are_joined_by_a_level_line() {
        let line = curve(&frame(0.0, 0.0), &frame(300.0, 20.0), Bend::Beside(0.0));
        assert!((line.from.x - 100.0).abs() < 1e-9 && (line.to.x - 300.0).abs() < 1e-9);
        assert!((line.from.y - line.to.y).abs() < 1e-9);
    }

    #[test]
    fn a_line_leads_from_border_to_border() {
        let (one, other) = (frame(0.0, 0.0), frame(300.0, 400.0));
        for bend in [Bend::Beside(0.0), Bend::Bow(60.0), Bend::Bow(-200.0)] {
            let line = curve(&one, &other, bend);
            for (end, frame) in [(line.from, one), (line.to, other)] {
                assert!(frame.grown(0.01).holds(end) && !frame.grown(-0.01).holds(end));
            }
        }
    }

    #[test]
    fn a_frame_in_another_is_joined_to_its_border_on_the_nearest_side() {
        let outer = Frame::at(Point::new(-20.0, -200.0), Size::new(900.0, 900.0));
        let line = curve(&outer, &frame(0.0, 0.0), Bend::Beside(0.0));
        assert_eq!((line.from, line.to), (Point::new(-20.0, 25.0), Point::new(0.0, 25.0)));
    }

    #[test]
    fn coinciding_frames_are_joined_somehow() {
        let line = bowed(&frame(0.0, 0.0), &frame(0.0, 0.0), 0.0);
        assert!(line.places().iter().all(|place| place.x.is_finite() && place.y.is_finite()));
    }
}
