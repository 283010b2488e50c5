//! Painting a picture in pixels.

use std::sync::{Arc, LazyLock};

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use super::text::{BOLD, FAMILY, REGULAR};

/// Least width of a picture, in pixels.
pub const LEAST_WIDTH: u32 = 100;
/// Largest width of a picture, in pixels.
pub const LARGEST_WIDTH: u32 = 4_000;
/// Largest height, in pixels. A higher picture is painted narrower.
const LARGEST_HEIGHT: f32 = 8_000.0;
/// Most pixels; each takes four bytes. A larger picture is painted smaller.
const MOST_PIXELS: f32 = 16_000_000.0;
/// Longest SVG that is painted, in bytes: some two thousand nodes and edges, a few seconds.
const LONGEST: usize = 1_200_000;

static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(BOLD.to_vec());
    fonts.set_sans_serif_family(FAMILY);
    Arc::new(fonts)
});

/// Why a picture cannot be painted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpaintable {
    /// It shows too much to be painted in time.
    #[error("The diagram is too large for a PNG. Read it as SVG.")]
    TooLarge,
    /// The SVG is malformed.
    #[error("the picture cannot be read: {0}")]
    Malformed(String),
    /// There is no memory for it, or it cannot be encoded.
    #[error("the picture cannot be encoded: {0}")]
    Unencodable(String),
}

/// Paints SVG made by [`svg`](super::svg) as PNG of a width in pixels, or a smaller one if it would
/// get too large. Takes tenths of a second and up to 100 MB, so do not call it on a thread that
/// serves requests.
pub fn png(svg: &str, width: u32) -> Result<Vec<u8>, Unpaintable> {
    if svg.len() > LONGEST {
        return Err(Unpaintable::TooLarge);
    }
    let options = Options {
        font_family: FAMILY.to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree =
        Tree::from_str(svg, &options).map_err(|error| Unpaintable::Malformed(error.to_string()))?;
    let size = tree.size();
    let scale = scale(size.width(), size.height(), width);
    let side = |length: f32| pixels(length * scale);
    let mut pixels = Pixmap::new(side(size.width()), side(size.height()))
        .ok_or_else(|| Unpaintable::Unencodable("no memory".to_owned()))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| Unpaintable::Unencodable(error.to_string()))
}

#[expect(clippy::cast_precision_loss, reason = "widths are small")]
fn scale(width: f32, height: f32, wanted: u32) -> f32 {
    let wanted = wanted.clamp(LEAST_WIDTH, LARGEST_WIDTH) as f32 / width;
    wanted.min(LARGEST_HEIGHT / height).min((MOST_PIXELS / (width * height)).sqrt())
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positive and far below the limit"
)]
fn pixels(length: f32) -> u32 {
    length.round().clamp(1.0, 16_000.0) as u32
}
