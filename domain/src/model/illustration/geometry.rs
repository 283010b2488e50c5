//! Points, frames and curves, in the units of the canvas. The vertical axis points down.

use std::ops::{Add, Mul, Sub};

/// A place, or the way from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

impl Point {
    pub(super) const fn new(x: f64, y: f64) -> Self {
        Self { x, y }
    }

    pub(super) fn length(self) -> f64 {
        self.x.hypot(self.y)
    }

    /// The way of length one in the same direction; none for a way too short to have one.
    pub(super) fn direction(self) -> Option<Self> {
        let length = self.length();
        (length > 1e-6).then(|| self * (1.0 / length))
    }

    /// The way turned by a quarter.
    pub(super) const fn turned(self) -> Self {
        Self::new(-self.y, self.x)
    }

    /// The place a share of the way to another.
    pub(super) fn toward(self, other: Self, share: f64) -> Self {
        self + (other - self) * share
    }
}

impl Add for Point {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y)
    }
}

impl Sub for Point {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y)
    }
}

impl Mul<f64> for Point {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor)
    }
}

/// How wide and high something is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub width: f64,
    pub height: f64,
}

impl Size {
    pub(super) const fn new(width: f64, height: f64) -> Self {
        Self { width, height }
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    pub(super) const fn at(corner: Point, size: Size) -> Self {
        Self { left: corner.x, top: corner.y, width: size.width, height: size.height }
    }

    pub(super) fn around(centre: Point, size: Size) -> Self {
        Self::at(Point::new(centre.x - size.width / 2.0, centre.y - size.height / 2.0), size)
    }

    /// The smallest frame with both places in it.
    pub(super) fn spanning(one: Point, other: Point) -> Self {
        let corner = Point::new(one.x.min(other.x), one.y.min(other.y));
        Self::at(corner, Size::new((one.x - other.x).abs(), (one.y - other.y).abs()))
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn centre(&self) -> Point {
        Point::new(self.left + self.width / 2.0, self.top + self.height / 2.0)
    }

    /// The frame with so much more on every side.
    pub(super) fn grown(&self, by: f64) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            width: (self.width + 2.0 * by).max(0.0),
            height: (self.height + 2.0 * by).max(0.0),
        }
    }

    /// The smallest frame with both in it.
    pub(super) fn joined(&self, other: &Self) -> Self {
        let left = self.left.min(other.left);
        let top = self.top.min(other.top);
        let width = self.right().max(other.right()) - left;
        let height = self.bottom().max(other.bottom()) - top;
        Self { left, top, width, height }
    }

    /// How much area both have in common.
    pub(super) fn overlap(&self, other: &Self) -> f64 {
        let width = self.right().min(other.right()) - self.left.max(other.left);
        let height = self.bottom().min(other.bottom()) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        self.left <= other.left
            && self.top <= other.top
            && self.right() >= other.right()
            && self.bottom() >= other.bottom()
    }

    /// Whether a straight line comes into the frame.
    pub(super) fn is_crossed(&self, from: Point, to: Point) -> bool {
        let way = to - from;
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        let sides = [
            (-way.x, from.x - self.left),
            (way.x, self.right() - from.x),
            (-way.y, from.y - self.top),
            (way.y, self.bottom() - from.y),
        ];
        for (along, room) in sides {
            if along.abs() < 1e-9 {
                if room < 0.0 {
                    return false;
                }
                continue;
            }
            let share = room / along;
            if along < 0.0 {
                enters = enters.max(share);
            } else {
                leaves = leaves.min(share);
            }
        }
        enters <= leaves
    }

    /// Where the way from the centre to a place outside crosses the border.
    pub(super) fn border_toward(&self, place: Point) -> Point {
        let centre = self.centre();
        let way = place - centre;
        let share = |half: f64, along: f64| {
            if along.abs() < 1e-9 { f64::INFINITY } else { half / along.abs() }
        };
        let reach = share(self.width / 2.0, way.x).min(share(self.height / 2.0, way.y));
        if reach.is_finite() { centre + way * reach } else { Point::new(self.right(), centre.y) }
    }
}

/// A cubic curve by its four points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Curve {
    pub from: Point,
    pub first: Point,
    pub second: Point,
    pub to: Point,
}

/// Straight pieces that a curve is measured by.
const PIECES: u32 = 20;

impl Curve {
    pub(super) fn straight(from: Point, to: Point) -> Self {
        Self { from, first: from.toward(to, 1.0 / 3.0), second: from.toward(to, 2.0 / 3.0), to }
    }

    /// The curve that leaves and arrives in the direction of one point.
    pub(super) fn bent(from: Point, by: Point, to: Point) -> Self {
        Self { from, first: from.toward(by, 2.0 / 3.0), second: to.toward(by, 2.0 / 3.0), to }
    }

    pub(super) fn at(&self, share: f64) -> Point {
        let rest = 1.0 - share;
        self.from * (rest * rest * rest)
            + self.first * (3.0 * rest * rest * share)
            + self.second * (3.0 * rest * share * share)
            + self.to * (share * share * share)
    }

    /// The direction at a share of the way.
    pub(super) fn direction(&self, share: f64) -> Point {
        let step = 0.02;
        let way = self.at((share + step).min(1.0)) - self.at((share - step).max(0.0));
        way.direction().unwrap_or(Point::new(1.0, 0.0))
    }

    /// Places along the way, both ends included.
    pub(super) fn places(&self) -> Vec<Point> {
        let share = |piece: u32| f64::from(piece) / f64::from(PIECES);
        (0..=PIECES).map(|piece| self.at(share(piece))).collect()
    }

    pub(super) fn reversed(&self) -> Self {
        Self { from: self.to, first: self.second, second: self.first, to: self.from }
    }

    /// The curve without the last bit of the way, to leave room for the head of an arrow.
    pub(super) fn shortened(&self, by: f64) -> Self {
        let back = self.direction(1.0) * -by;
        Self { second: self.second + back, to: self.to + back, ..*self }
    }
}

/// How long a line through places is.
pub(super) fn length(places: &[Point]) -> f64 {
    places.windows(2).map(|pair| (pair[1] - pair[0]).length()).sum()
}

#[cfg(test)]
impl Frame {
    fn moved(&self, by: Point) -> Self {
        Self { left: self.left + by.x, top: self.top + by.y, ..*self }
    }

    pub(super) fn holds(&self, point: Point) -> bool {
        (self.left..=self.right()).contains(&point.x)
            && (self.top..=self.bottom()).contains(&point.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { left: 10.0, top: 20.0, width: 100.0, height: 40.0 };

    #[test]
    fn the_border_is_met_on_the_way_out() {
        let right = FRAME.border_toward(Point::new(500.0, 40.0));
        assert_eq!(right, Point::new(110.0, 40.0));
        let up = FRAME.border_toward(Point::new(60.0, -900.0));
        assert_eq!(up, Point::new(60.0, 20.0));
        assert_eq!(FRAME.border_toward(FRAME.centre()), Point::new(110.0, 40.0));
    }

    #[test]
    fn a_line_crosses_a_frame_or_passes_it() {
        let from = Point::new(0.0, 0.0);
        assert!(FRAME.is_crossed(from, Point::new(60.0, 40.0)));
        assert!(FRAME.is_crossed(from, Point::new(200.0, 100.0)));
        assert!(!FRAME.is_crossed(from, Point::new(200.0, 0.0)));
        assert!(!FRAME.is_crossed(from, Point::new(5.0, 200.0)));
    }

    #[test]
    fn frames_that_touch_have_no_area_in_common() {
        assert!(FRAME.overlap(&FRAME.moved(Point::new(100.0, 0.0))) < 1e-9);
        assert!((FRAME.overlap(&FRAME.moved(Point::new(90.0, 30.0))) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_curve_begins_and_ends_where_it_is_told() {
        let (from, to) = (Point::new(0.0, 0.0), Point::new(100.0, 0.0));
        let curve = Curve::bent(from, Point::new(50.0, 80.0), to);
        let places = curve.places();
        assert_eq!(places.first(), Some(&from));
        assert_eq!(places.last(), Some(&to));
        assert!((curve.at(0.5).y - 40.0).abs() < 1e-9);
        assert!(length(&places) > 100.0);
    }
}
