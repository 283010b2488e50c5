//! What a threat model says when everything about it is put together.

pub mod analysis;
pub mod architecture;
pub mod assets;
pub mod compliance;
mod countermeasures;
pub mod document;
pub mod edition;
mod elements;
pub mod export;
pub mod figures;
pub mod maps;
pub mod risks;
pub mod scope;
mod threats;
pub mod trends;

pub use analysis::{Analysis, Subject, Threat};
pub use countermeasures::{Countermeasure, Standard};
pub use document::{Counting, Report, report};
pub use elements::{Diagram, Element, ElementKind};
