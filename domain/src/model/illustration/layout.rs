//! Where nodes lie and what is written in them.

use super::{
    geometry::{Frame, Point, Size},
    scene::{Node, NodeKind, Scene, amount},
    text::Letters,
};

/// Names of nodes.
pub(super) const NAME: Letters = Letters::bold(12.0);
/// What stands below names.
pub(super) const DETAIL: Letters = Letters::regular(10.5);
/// Between the border of a node and its text.
const INSET: f64 = 10.0;
/// Height of a person above its name.
pub(super) const PERSON: f64 = 24.0;
/// A node with a person is at least so high.
const LEAST_WITH_PERSON: f64 = 58.0;
/// Sizes of nodes other than areas.
const LEAST: Size = Size::new(36.0, 24.0);
const MOST: Size = Size::new(1200.0, 800.0);
/// Around what lies in an area of no stated size; the title is above.
const PADDING: f64 = 24.0;
const TITLE_ROOM: f64 = 36.0;
/// Around what grew out of an area.
const LEAST_PADDING: f64 = 12.0;
/// An area without a size and with nothing in it.
const EMPTY_AREA: Size = Size::new(220.0, 140.0);
/// Most lines of a name.
const MOST_LINES: usize = 4;

/// Frames and texts of nodes, by their numbers.
#[derive(Debug)]
pub(super) struct Layout {
    pub frames: Vec<Frame>,
    pub captions: Vec<Caption>,
}

/// The text in a node; empty for areas, which have titles.
#[derive(Debug, Default)]
pub(super) struct Caption {
    pub lines: Vec<String>,
    pub detail: Option<String>,
}

impl Caption {
    /// The height of all lines.
    pub(super) fn height(&self) -> f64 {
        let detail = if self.detail.is_some() { DETAIL.line() + 1.0 } else { 0.0 };
        amount(self.lines.len()) * NAME.line() + detail
    }

    fn of(node: &Node, width: f64, height: f64) -> Self {
        let width = (width - 2.0 * INSET).max(16.0);
        let room = |lines: usize| amount(lines) * NAME.line() <= height - 6.0;
        let most_lines = (1..=MOST_LINES).rev().find(|lines| room(*lines)).unwrap_or(1);
        let lines = NAME.wrapped(&node.name, width, most_lines);
        let mut caption = Self { lines, detail: None };
        if !node.detail.is_empty() && caption.height() + DETAIL.line() + 1.0 <= height - 6.0 {
            caption.detail = Some(DETAIL.cut(&node.detail, width));
        }
        caption
    }
}

/// The size of a node that has none.
const fn usual_size(kind: NodeKind) -> Size {
    match kind {
        NodeKind::HumanActor => Size::new(124.0, 74.0),
        NodeKind::Note => Size::new(160.0, 56.0),
        _ => Size::new(144.0, 58.0),
    }
}

/// Whether a person is drawn above the name.
pub(super) fn has_person(kind: NodeKind, frame: &Frame) -> bool {
    kind == NodeKind::HumanActor && frame.height >= LEAST_WITH_PERSON
}

fn leaf(node: &Node) -> (Size, Caption) {
    let above = |height: f64| {
        let frame = Frame { height, ..Frame::default() };
        if has_person(node.kind, &frame) { PERSON } else { 0.0 }
    };
    if let Some(size) = node.size {
        let width = size.width.clamp(LEAST.width, MOST.width);
        let height = size.height.clamp(LEAST.height, MOST.height);
        let caption = Caption::of(node, width, height - above(height));
        return (Size::new(width, height), caption);
    }
    let Size { width, height } = usual_size(node.kind);
    let caption = Caption::of(node, width, f64::INFINITY);
    let height = height.max(caption.height() + above(height) + 18.0);
    (Size::new(width, height), caption)
}

impl Layout {
    /// Moves nodes apart by a factor. Areas grow with it, other nodes keep their size.
    pub(super) fn of(scene: &Scene, spread: f64) -> Self {
        let mut frames = vec![Frame::default(); scene.nodes.len()];
        let mut captions = Vec::new();
        captions.resize_with(scene.nodes.len(), Caption::default);
        let mut inside: Vec<Option<Frame>> = vec![None; scene.nodes.len()];
        let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
        order.sort_by_key(|place| std::cmp::Reverse(scene.nodes[*place].depth));
        for place in order {
            let node = &scene.nodes[place];
            if node.is_area() {
                frames[place] = area(node, inside[place], spread);
            } else {
                let (size, caption) = leaf(node);
                let half = Point::new(size.width / 2.0, size.height / 2.0);
                frames[place] = Frame::around((node.corner + half) * spread, size);
                captions[place] = caption;
            }
            if let Some(parent) = node.parent {
                let frame = frames[place];
                let joined = inside[parent].map_or(frame, |inside| inside.joined(&frame));
                inside[parent] = Some(joined);
            }
        }
        Self { frames, captions }
    }
}

fn area(node: &Node, inside: Option<Frame>, spread: f64) -> Frame {
    let corner = node.corner * spread;
    let Some(size) = node.size else {
        return inside.map_or_else(
            || Frame::at(corner, EMPTY_AREA),
            |inside| {
                let frame = inside.grown(PADDING);
                Frame { top: frame.top - TITLE_ROOM + PADDING, ..frame }
                    .joined(&Frame { height: frame.height, ..frame })
            },
        );
    };
    let size = Size::new(size.width.max(80.0), size.height.max(60.0));
    let frame = Frame::at(corner, Size::new(size.width * spread, size.height * spread));
    match inside {
        Some(inside) if is_mostly_in(&inside, &frame) => frame.joined(&inside.grown(LEAST_PADDING)),
        _ => frame,
    }
}

/// What the editor lets lie far outside of its area does not make it grow.
fn is_mostly_in(inside: &Frame, frame: &Frame) -> bool {
    frame.grown(80.0).contains(inside)
}
