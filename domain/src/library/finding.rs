//! What is wrong with a pack, and where: the answers of a validation.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place in a file. Both numbers start at 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
}

impl Position {
    /// The place the parser names, absent when it does not know any.
    pub(super) fn of(location: serde_saphyr::Location) -> Option<Self> {
        (location.line() > 0)
            .then(|| Self { line: location.line(), column: location.column().max(1) })
    }
}

/// A finding that keeps a pack from being imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The file, relative to the folder of the pack.
    pub file: String,
    /// The line of a file that cannot be read. Null for references; see `position`.
    pub line: Option<u64>,
    /// What the reference should name: `component`, `threat`, `countermeasure`, `taxonomy`,
    /// `template_component`, `pack`, `value` or `file`.
    pub ref_type: String,
    /// The reference, identifier or field that is wrong.
    pub reference: String,
    /// What is wrong and what to do about it.
    pub message: String,
    /// Where in the file, if known.
    pub position: Option<Position>,
}

/// A finding that keeps a pack from being imported unless warnings are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caution {
    /// The file, relative to the folder of the pack.
    pub file: String,
    /// The field with the doubtful value.
    pub field: String,
    /// What is doubtful.
    pub message: String,
    /// What to write instead.
    pub suggestion: String,
    /// Where in the file, if known.
    pub position: Option<Position>,
}

/// `file:line:column`, as far as known.
fn place(file: &str, position: Option<Position>) -> String {
    position.map_or_else(|| file.to_owned(), |at| format!("{file}:{}:{}", at.line, at.column))
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}: {}", place(&self.file, self.position), self.message)
    }
}

impl fmt::Display for Caution {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = place(&self.file, self.position);
        write!(formatter, "warning: {place}: {} {}", self.message, self.suggestion)
    }
}

/// The result of checking a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Validation {
    /// Whether there are no errors; there may be warnings.
    pub success: bool,
    /// The slug of the pack.
    pub pack_slug: String,
    /// The name of the pack.
    pub pack_name: String,
    /// The version of the pack.
    pub version: String,
    /// Findings that always keep the pack from being imported.
    pub errors: Vec<Fault>,
    /// Findings that keep the pack from being imported unless they are accepted.
    pub warnings: Vec<Caution>,
    /// The number of errors.
    pub error_count: usize,
    /// The number of warnings.
    pub warning_count: usize,
}
