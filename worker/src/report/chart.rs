//! Charts as SVG that refers to nothing.

use std::fmt::Write as _;

use domain::report::edition::{Bar, Chart, Form, Series, Tone, capitalised};

use super::clean;

const WIDTH: f64 = 640.0;
const FONT: &str = "font-family=\"Liberation Sans, Arial, sans-serif\"";
const INK: &str = "#1b1f24";
const PALE: &str = "#57606a";
const RULE: &str = "#d0d7de";
/// Height of a bar with the room around it.
const ROW: f64 = 30.0;
/// Room for the names of bars.
const NAMES: f64 = 170.0;
/// Room for what stands at the end of bars.
const NOTES: f64 = 190.0;
/// Most letters of a name.
const LONGEST: usize = 26;

/// The colour of a tone, dark enough to be seen on white.
pub(super) const fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "#8e1a1a",
        Tone::High => "#c8432b",
        Tone::Medium | Tone::Fair => "#d9912b",
        Tone::Low => "#4f8a5b",
        Tone::Good => "#2f7d4f",
        Tone::Bad => "#b3261e",
        Tone::Muted => "#8c959f",
        Tone::Plain => "#3b6ea5",
    }
}

/// Draws a chart.
pub(super) fn svg(chart: &Chart) -> String {
    match &chart.form {
        Form::Bars(bars) => self::bars(chart, bars),
        Form::Grid { row_title, column_title, rows, columns, counts } => {
            grid(chart, (row_title, rows), (column_title, columns), counts)
        }
        Form::Lines { days, series } => lines(chart, days, series),
    }
}

fn begin(chart: &Chart, height: f64) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" {FONT} font-size=\"13\">"
    );
    let _ = write!(svg, "<title>{}</title>", escaped(&chart.title));
    let _ = write!(svg, "<desc>{}</desc>", escaped(&chart.in_words()));
    svg
}

fn text(svg: &mut String, (x, y): (f64, f64), anchor: &str, colour: &str, words: &str) {
    let words = escaped(words);
    let _ = write!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{words}</text>"
    );
}

fn rectangle(svg: &mut String, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str) {
    let _ = write!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
         fill=\"{colour}\"/>"
    );
}

fn bars(chart: &Chart, bars: &[Bar]) -> String {
    let names = legend_of(bars);
    let below = if names.is_empty() { 6.0 } else { 34.0 };
    let mut svg = begin(chart, row(bars.len()) + below);
    let length = |bar: &Bar| bar.parts.iter().map(|part| part.value).sum::<f64>();
    let longest = bars.iter().map(length).fold(1.0, f64::max);
    let room = WIDTH - NAMES - NOTES;
    for (number, bar) in bars.iter().enumerate() {
        let top = row(number);
        text(&mut svg, (NAMES - 10.0, top + 20.0), "end", INK, &cut(&bar.label));
        let whole = if bar.whole > 0.0 { bar.whole } else { longest };
        if bar.whole > 0.0 {
            rectangle(&mut svg, (NAMES, top + 6.0), (room, ROW - 12.0), "#e7ebef");
        }
        let mut left = NAMES;
        for part in bar.parts.iter().filter(|part| part.value > 0.0) {
            let width = room * part.value / whole;
            rectangle(&mut svg, (left, top + 6.0), (width, ROW - 12.0), colour(part.tone));
            left += width;
        }
        let end = if bar.whole > 0.0 { NAMES + room } else { left };
        text(&mut svg, (end + 8.0, top + 20.0), "start", PALE, &bar.note);
    }
    legend(&mut svg, row(bars.len()) + 22.0, &names);
    svg + "</svg>"
}

#[expect(clippy::cast_precision_loss, reason = "charts have few rows")]
const fn row(number: usize) -> f64 {
    number as f64 * ROW
}

/// What the parts of bars stand for, if they have several.
fn legend_of(bars: &[Bar]) -> Vec<(String, Tone)> {
    let parts = bars.iter().filter(|bar| bar.parts.len() > 1).flat_map(|bar| &bar.parts);
    let mut names: Vec<(String, Tone)> = Vec::new();
    for part in parts {
        if !names.iter().any(|(name, _)| *name == part.name) {
            names.push((part.name.clone(), part.tone));
        }
    }
    names
}

fn legend(svg: &mut String, y: f64, names: &[(String, Tone)]) {
    let mut left = NAMES;
    for (name, tone) in names {
        rectangle(svg, (left, y - 10.0), (12.0, 12.0), colour(*tone));
        text(svg, (left + 18.0, y), "start", PALE, name);
        left += 34.0 + 7.2 * length(name.chars().count());
    }
}

#[expect(clippy::cast_precision_loss, reason = "texts and numbers of charts are small")]
const fn length(number: usize) -> f64 {
    number as f64
}

fn grid(
    chart: &Chart,
    (row_title, rows): (&str, &[&str]),
    (column_title, columns): (&str, &[&str]),
    counts: &[Vec<u64>],
) -> String {
    const CELL: (f64, f64) = (96.0, 40.0);
    let below = CELL.1 * length(rows.len());
    let mut svg = begin(chart, below + 50.0);
    for (place, (row, counts)) in rows.iter().zip(counts).enumerate() {
        let top = CELL.1 * length(place);
        let name = format!("{row_title}: {}", capitalised(row).to_lowercase());
        text(&mut svg, (NAMES - 10.0, top + 25.0), "end", INK, &name);
        for (column, count) in counts.iter().enumerate() {
            let left = NAMES + CELL.0 * length(column);
            let tone = Tone::of(columns.get(column).copied().unwrap_or_default());
            let filled = *count > 0;
            let ground = if filled { colour(tone) } else { "#eef1f4" };
            rectangle(&mut svg, (left, top), (CELL.0 - 4.0, CELL.1 - 4.0), ground);
            let ink = if filled { "#ffffff" } else { PALE };
            let middle = left + CELL.0 / 2.0 - 2.0;
            text(&mut svg, (middle, top + 23.0), "middle", ink, &count.to_string());
        }
    }
    for (place, column) in columns.iter().enumerate() {
        let middle = NAMES + CELL.0 * length(place) + CELL.0 / 2.0 - 2.0;
        text(&mut svg, (middle, below + 16.0), "middle", INK, &capitalised(column));
    }
    let middle = NAMES + CELL.0 * length(columns.len()) / 2.0;
    text(&mut svg, (middle, below + 38.0), "middle", PALE, column_title);
    svg + "</svg>"
}

fn lines(chart: &Chart, days: &[String], series: &[Series]) -> String {
    const LEFT: f64 = 50.0;
    const HEIGHT: f64 = 180.0;
    let mut svg = begin(chart, HEIGHT + 66.0);
    let most = series.iter().flat_map(|one| &one.values).copied().max().unwrap_or_default().max(1);
    let room = WIDTH - LEFT - 20.0;
    for part in 0..=4_u8 {
        let share = f64::from(part) / 4.0;
        let y = 10.0 + HEIGHT * (1.0 - share);
        rectangle(&mut svg, (LEFT, y), (room, 0.8), RULE);
        let value = (number(most) * share).round();
        if part == 0 || part == 4 || most >= 4 {
            text(&mut svg, (LEFT - 8.0, y + 4.0), "end", PALE, &format!("{value}"));
        }
    }
    let step = room / length(days.len().saturating_sub(1).max(1));
    for one in series {
        let places = one.values.iter().enumerate().map(|(place, value)| {
            let y = 10.0 + HEIGHT * (1.0 - number(*value) / number(most));
            format!("{:.1},{y:.1}", LEFT + step * length(place))
        });
        let places: Vec<String> = places.collect();
        let _ = write!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\"/>",
            places.join(" "),
            colour(one.tone)
        );
    }
    let below = HEIGHT + 28.0;
    let ends = days.first().zip(days.last());
    if let Some((first, last)) = ends {
        text(&mut svg, (LEFT, below), "start", PALE, first);
        text(&mut svg, (WIDTH - 20.0, below), "end", PALE, last);
    }
    let names: Vec<_> = series.iter().map(|one| (one.name.to_owned(), one.tone)).collect();
    legend(&mut svg, below + 26.0, &names);
    svg + "</svg>"
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
const fn number(value: i64) -> f64 {
    value as f64
}

fn cut(text: &str) -> String {
    let text = clean(text).replace(['\n', '\t'], " ");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let mut short: String = text.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

fn escaped(text: &str) -> String {
    clean(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
