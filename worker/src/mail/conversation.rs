//! What is said to the mail server about one mail, and what its answers mean.
//!
//! Until the server has been given the content nobody can have the mail, and whatever goes wrong
//! may be tried again. From then on only an answer tells whether the server took it.

use std::{error::Error as _, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        commands::{Data, Mail, Rcpt, Rset},
        response::Response,
    },
};

use super::server::{Line, Server};

/// The server may look at the content for long before it answers.
const DIGESTION: u32 = 3;

/// What is kept of an answer, characters.
const LONGEST_REPLY: usize = 200;

/// Longer words of an answer are left out: a server may quote the mail, and with it a token.
const LONGEST_WORD: usize = 32;

/// Why a mail is not with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The server does not want it (5xx).
    Refused(String),
    /// It may be tried again.
    Later(String),
    /// The server may have it.
    Unknown(String),
}

/// What goes wrong with one question to the server.
pub(super) enum Fault {
    /// Its answer, or that the connection broke.
    Smtp(Error),
    /// It did not answer in time.
    Late,
}

impl Fault {
    fn text(&self) -> String {
        match self {
            Self::Late => "the mail server does not answer in time".to_owned(),
            Self::Smtp(error) => match (error.status(), error.source()) {
                (Some(code), Some(text)) => said(&format!("{code} {text}")),
                (Some(code), None) => code.to_string(),
                (None, Some(cause)) => said(&format!("{error}: {cause}")),
                (None, None) => said(&error.to_string()),
            },
        }
    }

    fn is_permanent(&self) -> bool {
        matches!(self, Self::Smtp(error) if error.is_permanent())
    }

    fn is_answer(&self) -> bool {
        matches!(self, Self::Smtp(error) if error.is_permanent() || error.is_transient())
    }
}

impl Trouble {
    /// Whatever it is, it is not about this mail: the server is away, or the settings are wrong.
    pub(super) fn postponed(fault: Fault) -> Self {
        Self::Later(fault.text())
    }

    pub(super) fn later(text: &str) -> Self {
        Self::Later(text.to_owned())
    }

    /// Before the content.
    fn early(fault: Fault) -> Self {
        if fault.is_permanent() { Self::Refused(fault.text()) } else { Self::Later(fault.text()) }
    }

    /// After the content.
    fn late(fault: Fault) -> Self {
        if fault.is_answer() { Self::early(fault) } else { Self::Unknown(fault.text()) }
    }
}

/// Waits for an answer.
pub(super) async fn in_time<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Fault> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer.map_err(Fault::Smtp),
        Err(_) => Err(Fault::Late),
    }
}

/// A mail whose sender and recipient the server has accepted.
pub(super) struct Announced {
    line: Line,
    content: Vec<u8>,
}

/// Tells the server from whom and to whom a mail is.
pub(super) async fn announce(server: &Server, message: &Message) -> Result<Announced, Trouble> {
    let mut line = server.line().await?;
    let limit = line.answer;
    let envelope = message.envelope();
    let sender = Mail::new(envelope.from().cloned(), Vec::new());
    let mut told = in_time(limit, line.connection.command(sender)).await;
    for recipient in envelope.to() {
        if told.is_ok() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            told = in_time(limit, line.connection.command(recipient)).await;
        }
    }
    match told {
        Ok(_) => Ok(Announced { line, content: message.formatted() }),
        Err(fault) => {
            if fault.is_answer() {
                put_back(line).await;
            }
            Err(Trouble::early(fault))
        }
    }
}

impl Announced {
    /// Gives the server the content. Answers what it said.
    pub(super) async fn hand_over(self) -> Result<String, Trouble> {
        let Self { mut line, content } = self;
        let limit = line.answer;
        in_time(limit, line.connection.command(Data)).await.map_err(Trouble::early)?;
        match in_time(limit * DIGESTION, line.connection.message(&content)).await {
            Ok(answer) => {
                line.keep();
                Ok(reply(&answer))
            }
            Err(fault) => {
                if fault.is_answer() {
                    put_back(line).await;
                }
                Err(Trouble::late(fault))
            }
        }
    }

    /// Says that nothing follows.
    pub(super) async fn withdraw(self) {
        put_back(self.line).await;
    }
}

/// Keeps a connection on which a mail was begun.
async fn put_back(mut line: Line) {
    let limit = line.answer;
    if in_time(limit, line.connection.command(Rset)).await.is_ok() {
        line.keep();
    }
}

fn reply(answer: &Response) -> String {
    let words: Vec<_> = answer.message().collect();
    said(&format!("{} {}", answer.code(), words.join(" ")))
}

/// What a server said, fit to be kept and shown.
fn said(text: &str) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let words: Vec<_> = words
        .filter(|word| !word.is_empty())
        .map(|word| if word.chars().count() > LONGEST_WORD { "…" } else { word })
        .collect();
    words.join(" ").chars().take(LONGEST_REPLY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_quotes_of_a_mail_is_left_out() {
        let link = format!("https://example.com/invite/{}", "t".repeat(43));
        let kept = said(&format!("554 5.7.1 rejected:\r\n {link} is bad"));
        assert_eq!(kept, "554 5.7.1 rejected: … is bad");
        assert!(said(&"no ".repeat(500)).len() <= LONGEST_REPLY);
    }
}
