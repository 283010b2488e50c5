//! Finding what lies in an area without looking at everything.

use std::{cell::Cell, collections::HashMap};

use super::geometry::{Frame, Point};

/// Side of a cell.
const SIDE: f64 = 160.0;
/// A frame over more cells than this is kept apart.
const MOST_CELLS: i32 = 400;

/// How much may still be looked at until the picture is finished in the simplest way.
pub(super) struct Effort(Cell<u64>);

impl Effort {
    pub(super) const fn of(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    fn spend(&self, steps: usize) {
        self.0.set(self.0.get().saturating_sub(steps as u64));
    }

    pub(super) const fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Frames by where they lie. Each belongs to somebody.
#[derive(Debug, Default)]
pub(super) struct Index {
    cells: HashMap<(i32, i32), Vec<usize>>,
    wide: Vec<usize>,
    frames: Vec<(usize, Frame)>,
}

impl Index {
    pub(super) fn add(&mut self, owner: usize, frame: Frame) {
        let number = self.frames.len();
        self.frames.push((owner, frame));
        match cells(&frame) {
            None => self.wide.push(number),
            Some((from, to)) => {
                for column in from.0..=to.0 {
                    for row in from.1..=to.1 {
                        self.cells.entry((column, row)).or_default().push(number);
                    }
                }
            }
        }
    }

    /// Sums up over the frames near an area. A frame over several cells may count more than once.
    /// Without effort left there is nothing near.
    pub(super) fn sum(
        &self,
        area: &Frame,
        effort: &Effort,
        mut cost: impl FnMut(usize, &Frame) -> f64,
    ) -> f64 {
        if effort.is_spent() {
            return 0.0;
        }
        let mut of = |numbers: &[usize]| {
            effort.spend(numbers.len() + 1);
            numbers.iter().map(|number| cost(self.frames[*number].0, &self.frames[*number].1)).sum()
        };
        let Some((from, to)) = cells(area) else {
            effort.spend(self.frames.len());
            return self.frames.iter().map(|(owner, frame)| cost(*owner, frame)).sum();
        };
        let mut total: f64 = of(&self.wide);
        for column in from.0..=to.0 {
            for row in from.1..=to.1 {
                if let Some(numbers) = self.cells.get(&(column, row)) {
                    total += of(numbers);
                }
            }
        }
        total
    }

    /// How much area a frame has in common with those in the index.
    pub(super) fn overlap(&self, area: &Frame, effort: &Effort) -> f64 {
        self.sum(area, effort, |_, frame| frame.overlap(area))
    }

    /// How often the pieces of a line come into frames of others.
    pub(super) fn crossings(
        &self,
        places: &[Point],
        effort: &Effort,
        is_other: impl Fn(usize) -> bool,
    ) -> f64 {
        let piece = |pair: &[Point]| {
            self.sum(&Frame::spanning(pair[0], pair[1]), effort, |owner, frame| {
                f64::from(u8::from(is_other(owner) && frame.is_crossed(pair[0], pair[1])))
            })
        };
        places.windows(2).map(piece).sum()
    }
}

/// The cells of a frame, none if there are too many.
fn cells(frame: &Frame) -> Option<((i32, i32), (i32, i32))> {
    let (left, top) = (cell(frame.left), cell(frame.top));
    let (right, bottom) = (cell(frame.right()), cell(frame.bottom()));
    let count = (right - left + 1).checked_mul(bottom - top + 1)?;
    (count <= MOST_CELLS).then_some(((left, top), (right, bottom)))
}

#[expect(clippy::cast_possible_truncation, reason = "clamped")]
fn cell(along: f64) -> i32 {
    (along / SIDE).floor().clamp(-1e6, 1e6) as i32
}
