//! Reads one YAML file of a pack within limits; packs come from strangers.

use std::{fs::File, io::Read, path::Path};

use serde::de::DeserializeOwned;
use serde_saphyr::Options;

use super::finding::{Fault, Position};

/// The largest file that is read, in bytes.
pub const FILE_LIMIT: u64 = 5 * 1024 * 1024;
/// The deepest nesting of lists and objects.
const DEPTH_LIMIT: usize = 32;
const NODE_LIMIT: usize = 250_000;
const ALIAS_LIMIT: usize = 1_000;
const REPLAY_LIMIT: usize = 200_000;

/// The text of a file.
///
/// # Errors
/// A fault with file and what to do when the file is too large, cannot be read or is not text.
pub fn text(path: &Path, name: &str) -> Result<String, Box<Fault>> {
    let unreadable = |error: std::io::Error| {
        let message = format!("The file cannot be read: {error}. Check its permissions.");
        Box::new(unread(name, None, message))
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    decoded(bytes, name)
}

/// The content of a file as text.
///
/// # Errors
/// A fault with file and what to do when the content is too large or is not text.
pub fn decoded(content: Vec<u8>, name: &str) -> Result<String, Box<Fault>> {
    if content.len() as u64 > FILE_LIMIT {
        let megabytes = FILE_LIMIT / 1024 / 1024;
        let message = format!("The file is larger than {megabytes} MB. Split the pack.");
        return Err(Box::new(unread(name, None, message)));
    }
    String::from_utf8(content).map_err(|error| not_text(name, &error))
}

/// Parses the text of a file. A text that holds nothing gives the default document.
///
/// # Errors
/// A fault with file, position and what to do when the text is not YAML, exceeds a limit or does
/// not have the expected form.
pub fn parse<T: DeserializeOwned + Default>(text: &str, name: &str) -> Result<T, Box<Fault>> {
    match serde_saphyr::from_str_with_options::<Option<T>>(text, limits()) {
        Ok(document) => Ok(document.unwrap_or_default()),
        Err(error) if is_empty(text) => {
            tracing::debug!(file = name, %error, "empty pack file");
            Ok(T::default())
        }
        Err(error) => Err(malformed(name, &error)),
    }
}

fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

fn malformed(name: &str, error: &serde_saphyr::Error) -> Box<Fault> {
    let position = error.location().and_then(Position::of);
    let reason = error.without_snippet().to_string();
    let reason = reason.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    Box::new(unread(
        name,
        position,
        format!("The file cannot be read: {reason}. Correct this place."),
    ))
}

fn not_text(name: &str, error: &std::string::FromUtf8Error) -> Box<Fault> {
    let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
    let text = String::from_utf8_lossy(before);
    let line = text.matches('\n').count() as u64 + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() as u64 + 1;
    let message = "The file is not UTF-8 text. Save it with this encoding.".to_owned();
    Box::new(unread(name, Some(Position { line, column }), message))
}

/// A fault of a whole file.
pub(super) fn unread(name: &str, position: Option<Position>, message: String) -> Fault {
    Fault {
        file: name.to_owned(),
        line: position.map(|position| position.line),
        ref_type: "file".to_owned(),
        reference: name.to_owned(),
        message,
        position,
    }
}

fn limits() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_reader_input_bytes: Some(usize::try_from(FILE_LIMIT).unwrap_or(usize::MAX)),
            max_depth: DEPTH_LIMIT,
            flow_nesting_limit: DEPTH_LIMIT,
            max_nodes: NODE_LIMIT,
            max_events: 4 * NODE_LIMIT,
            max_aliases: ALIAS_LIMIT,
            max_anchors: ALIAS_LIMIT,
            max_recorded_anchor_events: REPLAY_LIMIT,
            max_merge_keys: ALIAS_LIMIT,
            max_documents: 1,
            max_inclusion_depth: 0,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: REPLAY_LIMIT,
            max_replay_stack_depth: DEPTH_LIMIT,
            max_alias_expansions_per_anchor: ALIAS_LIMIT,
        },
        emit_comments: false,
        strict_booleans: true,
        reject_unsupported_tags: true,
    }
}
