//! The open TM-Library format, one JSON document per threat model.
//!
//! Source: <https://github.com/OWASP/www-project-threat-model-library>, version 1.0. What a record
//! has no column for is kept in its `formatMetadata` under `tmLibrary` and written back.

mod export;
mod import;
mod source;
mod vocabulary;

pub use export::{export, file_name};
pub use import::{Imported, Summary, import};
pub use source::Source;

/// The part of `formatMetadata` that belongs to this format.
const METADATA: &str = "tmLibrary";
/// The part of [`METADATA`] with the members of the document that nothing else represents.
const UNMAPPED: &str = "unmapped";
/// The part of [`METADATA`] with controls that counter no threat.
const CONTROLS: &str = "controls";
