//! Tables of a report.

use serde::Serialize;

/// A table with a heading for each column.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The name of a file or sheet.
    pub name: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What the columns hold.
    pub columns: Vec<Column>,
    /// As many cells as there are columns, each.
    pub rows: Vec<Vec<Cell>>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Column {
    /// The name for programs, in camel case.
    pub key: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// How wide it is beside the others.
    pub width: u8,
}

/// A value in a table.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Cell {
    /// There is none.
    Nothing,
    /// Text as somebody wrote it.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A part of the whole, per cent.
    Share(f64),
    /// Whether something holds.
    Flag(bool),
    /// One of a few words.
    Word(Word),
    /// Several lines.
    Lines(Vec<Line>),
}

/// One of a few words, such as a severity or a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Word {
    /// As the API has it.
    pub text: String,
    /// What to think of it.
    pub tone: Tone,
}

/// A line within a cell.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// Its status, if it has one.
    pub word: Option<Word>,
    /// More, in small letters.
    pub note: String,
    /// Whether it stands out.
    pub strong: bool,
}

/// What to think of something, to be shown as a colour besides the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// A critical severity or level.
    Critical,
    /// A high severity or level.
    High,
    /// A medium severity or level.
    Medium,
    /// A low severity or level.
    Low,
    /// Something that is as it shall be.
    Good,
    /// Something that is under way.
    Fair,
    /// Something that is missing.
    Bad,
    /// Something that does not count.
    Muted,
    /// Anything else.
    Plain,
}

impl Tone {
    /// The tone of a word of the API.
    pub fn of(word: &str) -> Self {
        match word {
            "critical" => Self::Critical,
            "high" => Self::High,
            "medium" => Self::Medium,
            "low" => Self::Low,
            "mitigated" | "verified" | "platform" | "satisfied" | "confirmed" => Self::Good,
            "addressable" | "planned" | "open" | "unconfirmed" | "partial" => Self::Fair,
            "exposed" | "gap" | "uncovered" | "rejected" => Self::Bad,
            "waived" | "dismissed" => Self::Muted,
            _ => Self::Plain,
        }
    }

    /// Its name in style sheets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Bad => "bad",
            Self::Muted => "muted",
            Self::Plain => "plain",
        }
    }
}

impl Word {
    /// A word of the API with its tone.
    pub fn of(text: &str) -> Self {
        Self { text: text.to_owned(), tone: Tone::of(text) }
    }

    /// As people read it: with a capital and without underscores.
    pub fn shown(&self) -> String {
        capitalised(&self.text)
    }
}

/// A word of the API as people read it.
pub fn capitalised(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

impl Cell {
    /// Text; nothing if it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    /// Text that may be missing.
    pub fn optional(text: Option<&String>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }

    /// A word; nothing if it is empty.
    pub fn word(text: &str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Word(Word::of(text)) }
    }

    /// A number of things.
    pub fn count(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }

    /// On one line, for people.
    pub fn plain(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Share(share) => format!("{share}%"),
            Self::Flag(true) => "Yes".to_owned(),
            Self::Flag(false) => "No".to_owned(),
            Self::Word(word) => word.shown(),
            Self::Lines(lines) => lines.iter().map(Line::plain).collect::<Vec<String>>().join("; "),
        }
    }
}

impl Line {
    /// A line of text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), word: None, note: String::new(), strong: false }
    }

    /// The same, standing out.
    #[must_use]
    pub fn strong(self) -> Self {
        Self { strong: true, ..self }
    }

    /// The same with a status.
    #[must_use]
    pub fn with_word(self, word: &str) -> Self {
        Self { word: Some(Word::of(word)), ..self }
    }

    /// The same with more in small letters.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// All of it as text.
    pub fn plain(&self) -> String {
        let mut text = self.text.clone();
        if let Some(word) = &self.word {
            text = format!("{text} [{}]", word.shown());
        }
        if !self.note.is_empty() {
            text = format!("{text} ({})", self.note);
        }
        text
    }
}

impl Table {
    /// A table without rows.
    pub fn new(name: &'static str, title: &'static str, columns: &[Column]) -> Self {
        Self { name, title, columns: columns.to_vec(), rows: Vec::new() }
    }

    /// The same with rows.
    #[must_use]
    pub fn with(self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Self {
        Self { rows: rows.into_iter().collect(), ..self }
    }

    /// Only these columns, in this order.
    #[must_use]
    pub fn only(self, keys: &[&str]) -> Self {
        let places: Vec<usize> = keys
            .iter()
            .filter_map(|key| self.columns.iter().position(|column| column.key == *key))
            .collect();
        let columns = places.iter().map(|place| self.columns[*place]).collect();
        let pick = |mut row: Vec<Cell>| {
            let cells =
                places.iter().map(|place| std::mem::replace(&mut row[*place], Cell::Nothing));
            cells.collect()
        };
        let rows = self.rows.into_iter().map(pick).collect();
        Self { name: self.name, title: self.title, columns, rows }
    }
}

/// A column of a table.
pub(super) const fn column(key: &'static str, title: &'static str, width: u8) -> Column {
    Column { key, title, width }
}
