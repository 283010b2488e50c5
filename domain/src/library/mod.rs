//! Library packs: what lies in the catalogue, whether it is sound, and what it brings.

pub mod catalogue;
pub mod classification;
pub mod constraint;
pub mod document;
pub mod finding;
pub mod pack;
pub mod preview;
pub mod reading;
pub mod validation;
pub mod value;

pub use catalogue::{Catalogue, Packs};
pub use finding::{Caution, Fault, Position, Validation};
pub use pack::Pack;
pub use preview::{Overlay, Preview, SourcePack, overlays};
pub use validation::{KnownLibrary, validate};

#[cfg(test)]
mod tests;
