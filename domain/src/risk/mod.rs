//! Risks of a threat model: inherent and residual scores, and the threats behind them.

pub mod following;
pub mod linking;
pub mod residual;
pub mod scoring;
pub mod simulation;
pub mod summary;

pub use following::{follow, follow_risks, follow_threats, linked, linked_to};
pub use linking::{Threats, link, unlink};
pub use residual::level_of;
pub use summary::{RiskThreat, Tally, tallies, threats_of};
