//! A diagram as a picture: SVG, and PNG made of it.
//!
//! Everything is drawn from the stored drawing. What is malformed is passed over, what is too large
//! is cut, and no text of the drawing becomes markup. Pictures refer to nothing outside.

mod description;
mod geometry;
mod index;
mod labels;
mod layout;
mod legend;
mod palette;
mod png;
mod routing;
mod scene;
mod shapes;
#[cfg(test)]
mod tests;
mod text;
mod writing;

use serde_json::Value;

use self::{
    geometry::{Frame, Point},
    index::Effort,
    labels::Texts,
    layout::Layout,
    legend::Legend as Explanation,
    routing::Route,
    scene::Scene,
    text::Letters,
    writing::{Anchor, Page},
};
pub use self::{
    png::{LARGEST_WIDTH, LEAST_WIDTH, Unpaintable, png},
    text::{BOLD, REGULAR},
};

/// Name of the picture, above it.
const HEADING: Letters = Letters::bold(18.0);
/// Around the picture.
const MARGIN: f64 = 28.0;
/// A picture is at least so wide.
const LEAST_CONTENT: f64 = 420.0;
/// How far nodes are moved apart to make room for labels. The first that suffices is taken.
const SPREADS: [f64; 4] = [1.0, 1.15, 1.3, 1.5];
/// One label in so many may be in a strained place.
const FEW: usize = 10;
/// A drawing with more nodes and edges gets the usual spread without trying.
const LARGE: usize = 400;
/// The spread of large drawings.
const USUAL_SPREAD: f64 = 1.15;
/// How much is looked at for one picture; some 50 ms.
const EFFORT: u64 = 6_000_000;

/// What is known of a diagram besides its drawing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The name of the diagram. It is the heading and the title for those who do not see.
    pub title: String,
    /// Where it belongs, such as the name of the threat model. Stands after the title; may be empty.
    pub context: String,
}

/// Colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on dark.
    Dark,
    /// As the reader prefers. PNG cannot know that and is light.
    Auto,
}

/// Whether forms and colours are explained below the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Legend {
    /// Those that occur are.
    #[default]
    Shown,
    /// They are not.
    Hidden,
}

/// How a picture is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options {
    /// Its colours.
    pub theme: Theme,
    /// Its legend.
    pub legend: Legend,
}

/// Everything with its place.
struct Plan {
    scene: Scene,
    layout: Layout,
    routes: Vec<Route>,
    texts: Texts,
}

/// Draws a stored drawing of any form as SVG, without an XML declaration, so that it can be a file
/// or a part of an HTML page. Class names begin with `fw-`, and there are no ids. Takes
/// milliseconds, for the largest drawings seconds, so draw those on a thread of their own.
pub fn svg(canvas: &Value, facts: &Facts, options: &Options) -> String {
    let plan = Plan::of(Scene::read(canvas));
    plan.write(facts, *options)
}

impl Plan {
    fn of(scene: Scene) -> Self {
        let effort = Effort::of(EFFORT);
        let large = scene.nodes.len() + scene.edges.len() > LARGE;
        let spreads = if large { &[USUAL_SPREAD] } else { SPREADS.as_slice() };
        let mut best: Option<(Layout, Vec<Route>, Texts)> = None;
        for spread in spreads {
            let layout = Layout::of(&scene, *spread);
            let routes = routing::routes(&scene, &layout.frames, &effort);
            let mut texts = labels::place(&scene, &layout.frames, &routes, &effort);
            texts.covered += overlapping(&scene, &layout.frames, &effort);
            let good = texts.covered == 0 && texts.strained * FEW <= scene.edges.len();
            let faults = (texts.covered, texts.strained);
            let fewer = |(_, _, least): &(_, _, Texts)| faults < (least.covered, least.strained);
            if best.as_ref().is_none_or(fewer) {
                best = Some((layout, routes, texts));
            }
            if good || effort.is_spent() {
                break;
            }
        }
        let (layout, routes, texts) =
            best.unwrap_or_else(|| (Layout::of(&scene, 1.0), Vec::new(), Texts::default()));
        Self { scene, layout, routes, texts }
    }

    /// The smallest frame with everything in it.
    fn bounds(&self) -> Frame {
        let places = self.routes.iter().flat_map(|route| &route.places);
        let lines = places.map(|place| Frame::spanning(*place, *place).grown(4.0));
        let texts = self.texts.titles.iter().map(|title| title.frame);
        let texts = texts.chain(self.texts.labels.iter().map(|label| label.frame));
        let all = self.layout.frames.iter().copied().chain(lines).chain(texts);
        all.reduce(|one, other| one.joined(&other)).unwrap_or_default()
    }

    fn write(&self, facts: &Facts, options: Options) -> String {
        let bounds = self.bounds();
        let heading = heading(facts);
        let content = bounds.width.max(LEAST_CONTENT);
        let legend = match options.legend {
            Legend::Shown => Some(Explanation::of(&self.scene, content)),
            Legend::Hidden => None,
        };
        let above = if heading.is_empty() { 0.0 } else { HEADING.line() + 18.0 };
        let below = legend.as_ref().map_or(0.0, |legend| legend.size.height + 22.0);
        let whole = Frame {
            left: bounds.left - MARGIN - (content - bounds.width) / 2.0,
            top: bounds.top - MARGIN - above,
            width: content + 2.0 * MARGIN,
            height: bounds.height + 2.0 * MARGIN + above + below,
        };
        let elements = self.scene.nodes.len() + self.scene.edges.len();
        let mut page = Page::with_capacity(8_000 + elements * 600);
        page.begin(&whole);
        page.element("title", if heading.is_empty() { "Data flow diagram" } else { &heading });
        page.element("desc", &description::of(&self.scene));
        page.element("style", &palette::style(options.theme));
        page.rectangle(&whole, 0.0, &["page"]);
        let corner = Point::new(whole.left + MARGIN, whole.top + MARGIN);
        if !heading.is_empty() {
            let place = Point::new(corner.x, shapes::middle_base(corner.y, HEADING));
            let shown = HEADING.cut(&heading, content);
            page.text(place, Anchor::Start, &shown, &["heading", "ink"]);
        }
        self.draw(&mut page);
        if let Some(legend) = legend.filter(|legend| legend.size.height > 0.0) {
            let top = whole.bottom() - MARGIN - legend.size.height;
            page.rule(Point::new(corner.x, top - 10.0), content);
            legend.write(&mut page, Point::new(corner.x, top));
        }
        page.end()
    }

    /// Areas from the outside in, then lines, then the other nodes, and text above everything.
    fn draw(&self, page: &mut Page) {
        let nodes = &self.scene.nodes;
        let frames = &self.layout.frames;
        let mut areas: Vec<usize> =
            (0..nodes.len()).filter(|place| nodes[*place].is_area()).collect();
        areas.sort_by_key(|place| nodes[*place].depth);
        for place in areas {
            shapes::form(page, nodes[place].kind, &frames[place]);
        }
        for (edge, route) in self.scene.edges.iter().zip(&self.routes) {
            page.begin_group(&description::edge_in_words(&self.scene, edge));
            shapes::line(page, edge, route);
            page.end_group();
        }
        for (place, node) in nodes.iter().enumerate().filter(|(_, node)| !node.is_area()) {
            page.begin_group(&node.name);
            shapes::form(page, node.kind, &frames[place]);
            shapes::caption(page, node, &frames[place], &self.layout.captions[place]);
            page.end_group();
        }
        for title in &self.texts.titles {
            shapes::title(page, &nodes[title.node], title);
        }
        for label in &self.texts.labels {
            shapes::label(page, &self.scene.edges[label.edge], label, self.ground(&label.frame));
        }
    }
}

impl Plan {
    /// The class of what lies below a text: the innermost area around it, or the page.
    fn ground(&self, text: &Frame) -> &'static str {
        let nodes = self.scene.nodes.iter().zip(&self.layout.frames);
        let around = nodes.filter(|(node, frame)| node.is_area() && frame.contains(text));
        around.max_by_key(|(node, _)| node.depth).map_or("page", |(node, _)| node.kind.class())
    }
}

fn heading(facts: &Facts) -> String {
    let parts = [text::clean(&facts.title), text::clean(&facts.context)];
    let [title, context] = &parts;
    if title.is_empty() || context.is_empty() {
        return parts.concat();
    }
    format!("{title} · {context}")
}

/// How many nodes lie over others that they do not lie in.
fn overlapping(scene: &Scene, frames: &[Frame], effort: &Effort) -> usize {
    let mut nodes = index::Index::default();
    let mut count = 0;
    for (place, node) in scene.nodes.iter().enumerate() {
        if node.is_area() || effort.is_spent() {
            continue;
        }
        count += usize::from(nodes.overlap(&frames[place], effort) > 1.0);
        nodes.add(place, frames[place]);
    }
    count
}
