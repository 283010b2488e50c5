//! Colours, as a style sheet.

use std::fmt::Write;

use super::{
    Theme,
    labels::{EDGE_DETAIL, EDGE_NAME},
    layout::{DETAIL, NAME},
    text::FAMILIES,
};

/// Begins all class names, so that a page may hold a picture.
pub(super) const PREFIX: &str = "fw-";

/// A class with its colours.
struct Shade {
    class: &'static str,
    /// Fill and line in light, then in dark.
    light: (&'static str, &'static str),
    dark: (&'static str, &'static str),
}

const fn shade(
    class: &'static str,
    light: (&'static str, &'static str),
    dark: (&'static str, &'static str),
) -> Shade {
    Shade { class, light, dark }
}

const SHADES: [Shade; 22] = [
    shade("page", ("#ffffff", "none"), ("#12161d", "none")),
    shade("process", ("#e6f0fc", "#2b6cb0"), ("#17304d", "#63a4e8")),
    shade("store", ("#efe9fb", "#6b46b8"), ("#2b2347", "#a98fe6")),
    shade("person", ("#fff4e0", "#b06d0f"), ("#3b2c14", "#e0a84e")),
    shade("external", ("#eef1f4", "#4a5766"), ("#262d36", "#9aa8b8")),
    shade("note", ("#fffbe0", "#b8a33a"), ("#35321c", "#b9a955")),
    shade("other", ("#f7f8fa", "#7b8694"), ("#20262e", "#8693a3")),
    shade("system", ("#fafbfc", "#8a95a3"), ("#181d25", "#66717f")),
    shade("trust-none", ("#fdf0f0", "#c53030"), ("#2d1a1d", "#f08080")),
    shade("trust-low", ("#fdf3e9", "#c05f1c"), ("#2c2118", "#e8995a")),
    shade("trust-medium", ("#fcf8e6", "#8f7400"), ("#292615", "#cfb53f")),
    shade("trust-high", ("#eef7f0", "#2c7a4b"), ("#16261d", "#63b985")),
    shade("flow", ("none", "#46525f"), ("none", "#a7b4c2")),
    shade("line", ("none", "#8a95a3"), ("none", "#7d8998")),
    shade("guarded", ("none", "#2c7a4b"), ("none", "#63b985")),
    shade("partial", ("none", "#b06d0f"), ("none", "#e0a84e")),
    shade("open", ("none", "#c53030"), ("none", "#f08080")),
    shade("head", ("#46525f", "none"), ("#a7b4c2", "none")),
    shade("line-head", ("#8a95a3", "none"), ("#7d8998", "none")),
    shade("lock", ("#2c7a4b", "#2c7a4b"), ("#63b985", "#63b985")),
    shade("shackle", ("none", "#2c7a4b"), ("none", "#63b985")),
    shade("rule", ("none", "#d5dbe2"), ("none", "#333c47")),
];

/// Classes of text with their colours in light and dark.
const TEXTS: [(&str, &str, &str); 10] = [
    ("ink", "#18202b", "#edf1f6"),
    ("soft", "#4a5563", "#b4bfcc"),
    ("system-ink", "#3f4a58", "#c2ccd8"),
    ("trust-none-ink", "#a32525", "#f5a3a3"),
    ("trust-low-ink", "#9a4a12", "#f0b27f"),
    ("trust-medium-ink", "#6d5900", "#dcc766"),
    ("trust-high-ink", "#1f5f39", "#8ad0a6"),
    ("guarded-ink", "#1f5f39", "#8ad0a6"),
    ("partial-ink", "#85500a", "#e8bd75"),
    ("open-ink", "#a32525", "#f5a3a3"),
];

/// The style sheet of a picture.
pub(super) fn style(theme: Theme) -> String {
    let mut css = String::with_capacity(4_000);
    shapes(&mut css);
    match theme {
        Theme::Light => colours(&mut css, Tone::Light),
        Theme::Dark => colours(&mut css, Tone::Dark),
        Theme::Auto => {
            colours(&mut css, Tone::Light);
            css.push_str("@media (prefers-color-scheme:dark){");
            colours(&mut css, Tone::Dark);
            css.push('}');
        }
    }
    css
}

#[derive(Clone, Copy)]
enum Tone {
    Light,
    Dark,
}

fn colours(css: &mut String, tone: Tone) {
    let mut background = "";
    for Shade { class, light, dark } in SHADES {
        let (fill, line) = match tone {
            Tone::Light => light,
            Tone::Dark => dark,
        };
        if class == "page" {
            background = fill;
        }
        let _ = write!(css, ".{PREFIX}{class}{{fill:{fill};stroke:{line}}}");
    }
    for (class, light, dark) in TEXTS {
        let ink = match tone {
            Tone::Light => light,
            Tone::Dark => dark,
        };
        let _ = write!(css, ".{PREFIX}{class}{{fill:{ink}}}");
    }
    let _ = write!(css, ".{PREFIX}halo{{stroke:{background}}}.{PREFIX}bare{{stroke:none}}");
}

/// What is the same in all colours.
fn shapes(css: &mut String) {
    let texts = [
        ("heading", "700", 18.0),
        ("name", "700", NAME.size),
        ("detail", "400", DETAIL.size),
        ("label", "400", EDGE_NAME.size),
        ("small", "400", EDGE_DETAIL.size),
    ];
    for (class, weight, size) in texts {
        let _ = write!(
            css,
            ".{PREFIX}{class}{{font-family:{FAMILIES};font-weight:{weight};font-size:{size}px}}"
        );
    }
    let lines = [
        ("process", "stroke-width:1.5"),
        ("store", "stroke-width:1.5"),
        ("person", "stroke-width:1.5"),
        ("external", "stroke-width:1.5"),
        ("note", "stroke-width:1.2"),
        ("other", "stroke-width:1.2"),
        ("system", "stroke-width:1.5"),
        ("trust-none", "stroke-width:1.5;stroke-dasharray:7 4"),
        ("trust-low", "stroke-width:1.5;stroke-dasharray:7 4"),
        ("trust-medium", "stroke-width:1.5;stroke-dasharray:7 4"),
        ("trust-high", "stroke-width:1.5;stroke-dasharray:7 4"),
        ("flow", "stroke-width:1.4"),
        ("sensitive", "stroke-width:2.8"),
        ("line", "stroke-width:1.2"),
        ("guarded", "stroke-width:2.4;stroke-dasharray:9 4"),
        ("partial", "stroke-width:2.4;stroke-dasharray:9 4 2 4"),
        ("open", "stroke-width:2.4;stroke-dasharray:2 4"),
        ("lock", "stroke-width:1"),
        ("shackle", "stroke-width:1.3"),
        ("ground", "fill-opacity:.88"),
        ("halo", "stroke-width:2.5;stroke-linejoin:round;paint-order:stroke"),
    ];
    for (class, rule) in lines {
        let _ = write!(css, ".{PREFIX}{class}{{{rule}}}");
    }
}
