//! Library packs: what lies in the catalogue, whether it is sound, what it brings, and how it comes
//! into an organization's library.

pub mod catalogue;
pub mod classification;
pub mod constraint;
pub mod dependency;
pub mod document;
pub mod finding;
pub mod import;
mod overlay;
pub mod pack;
pub mod preview;
pub mod query;
pub mod reading;
mod rows;
pub mod sync;
mod tables;
pub mod template;
pub mod unimport;
pub mod validation;
pub mod value;

pub use catalogue::{Catalogue, Packs};
pub use dependency::{DependencyCheck, check_dependencies};
pub use finding::{Caution, Fault, Position, Validation};
pub use import::{ImportAnswer, ImportResult, Renewal, Warnings, Wish, import};
pub use pack::Pack;
pub use preview::{Imported, Overlay, Preview, SourcePack, overlays};
pub use query::ContentSummary;
pub use sync::{SyncResult, Synced};
pub use unimport::{PackName, Removal, Unimport, dry_run, unimport};
pub use validation::{KnownLibrary, validate};

#[cfg(test)]
mod tests;
