//! Mails: what they say, that each leaves once, and where they go.

mod accounts;
mod book;
mod conversation;
mod digests;
mod invitations;
mod letter;
mod links;
mod mailer;
mod message;
mod reports;
mod server;

pub use mailer::{Mailer, MailerError};
