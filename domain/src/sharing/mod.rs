//! Sharing with people outside: invitations to teams.

pub mod invitation;
pub mod magic_link;
