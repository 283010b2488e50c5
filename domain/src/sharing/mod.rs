//! Invitations to teams, links that show threat models, and how many mails both may cause.

pub mod allowance;
pub mod invitation;
pub mod magic_link;
pub mod numbers;
pub mod sections;

pub use allowance::Allowance;
pub use numbers::Numbers;
pub use sections::Sections;
