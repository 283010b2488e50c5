//! Mails: what they say and where they go.

mod letters;
mod mailer;

pub use mailer::{Letter, Mailer, MailerError};
