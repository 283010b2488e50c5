//! Charts of a report, as numbers.

use serde::Serialize;

use super::{Tone, capitalised};
use crate::report::figures::Counter;

/// A chart.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// How it is drawn.
    pub form: Form,
}

/// How a chart is drawn.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Form {
    /// Bars of one or several parts.
    Bars(Vec<Bar>),
    /// Numbers by two words.
    Grid {
        /// What the rows stand for.
        row_title: &'static str,
        /// What the columns stand for.
        column_title: &'static str,
        /// The words of the rows, top first.
        rows: Vec<&'static str>,
        /// The words of the columns, left first.
        columns: Vec<&'static str>,
        /// A number for each row and column.
        counts: Vec<Vec<u64>>,
    },
    /// Lines over days.
    Lines {
        /// The days, oldest first.
        days: Vec<String>,
        /// The lines.
        series: Vec<Series>,
    },
}

/// A bar.
#[derive(Clone, Debug, Serialize)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Its parts, left first.
    pub parts: Vec<Part>,
    /// The length that stands for everything; 0 for that of the longest bar.
    pub whole: f64,
    /// What stands at its end.
    pub note: String,
}

/// A part of a bar.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What it stands for.
    pub name: String,
    /// Its colour.
    pub tone: Tone,
    /// Its length.
    pub value: f64,
}

/// A line over days.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// What it stands for.
    pub name: &'static str,
    /// Its colour.
    pub tone: Tone,
    /// A number for each day.
    pub values: Vec<i64>,
}

impl Chart {
    /// A bar for each word, with a colour for each.
    pub(super) fn counted(title: &str, counter: &Counter, words: &[&str]) -> Self {
        let bar = |word: &&str| bar_of(word, counter.get(word));
        let others = counter.iter().filter(|(word, _)| !words.contains(word));
        let others = others.map(|(word, number)| bar_of(word, number));
        let bars = words.iter().map(bar).chain(others).collect();
        Self { title: title.to_owned(), form: Form::Bars(bars) }
    }

    /// The whole in words, for those who do not see it.
    pub fn in_words(&self) -> String {
        let parts: Vec<String> = match &self.form {
            Form::Bars(bars) => bars.iter().map(bar_in_words).collect(),
            Form::Grid { rows, columns, counts, .. } => {
                grid_in_words(rows, columns, counts).collect()
            }
            Form::Lines { series, days } => {
                let span = days.first().zip(days.last());
                let span = span.map(|(first, last)| format!("from {first} to {last}"));
                span.into_iter().chain(series.iter().filter_map(series_in_words)).collect()
            }
        };
        if parts.is_empty() {
            return format!("{}: none.", self.title);
        }
        format!("{}: {}.", self.title, parts.join("; "))
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(super) const fn length(number: u64) -> f64 {
    number as f64
}

fn bar_of(word: &str, number: u64) -> Bar {
    let label = capitalised(if word.is_empty() { "none" } else { word });
    let part = Part { name: label.clone(), tone: Tone::of(word), value: length(number) };
    Bar { label, parts: vec![part], whole: 0.0, note: number.to_string() }
}

fn bar_in_words(bar: &Bar) -> String {
    if bar.parts.len() < 2 {
        return format!("{} {}", bar.label, bar.note);
    }
    let parts: Vec<String> = bar
        .parts
        .iter()
        .filter(|part| part.value > 0.0)
        .map(|part| format!("{} {}", part.value, part.name.to_lowercase()))
        .collect();
    let parts = if parts.is_empty() { "none".to_owned() } else { parts.join(", ") };
    format!("{}: {parts}", bar.label)
}

fn grid_in_words<'g>(
    rows: &'g [&'static str],
    columns: &'g [&'static str],
    counts: &'g [Vec<u64>],
) -> impl Iterator<Item = String> + 'g {
    rows.iter().zip(counts).flat_map(move |(row, counts)| {
        let filled = columns.iter().zip(counts).filter(|(_, count)| **count > 0);
        filled.map(move |(column, count)| format!("{count} from {row} to {column}"))
    })
}

fn series_in_words(series: &Series) -> Option<String> {
    let (first, last) = series.values.first().zip(series.values.last())?;
    Some(format!("{} from {first} to {last}", series.name.to_lowercase()))
}
