//! Where mails go: to a mail server, or into files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{
        Body, Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType},
    },
    transport::smtp::PoolConfig,
};
use platform::{Settings, configuration::Address};
use uuid::Uuid;

use crate::registry::Failure;

/// Connections kept to the mail server.
const CONNECTIONS: u32 = 4;
const ANSWER: Duration = Duration::from_secs(20);

/// Longest line of a mail, bytes without the line end (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// A mail to one recipient, as text and as HTML.
#[derive(Clone)]
pub struct Letter {
    /// The address of the recipient.
    pub to: String,
    /// The subject, one line.
    pub subject: String,
    /// What it says, as text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Where mails go. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Server(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// Why mails cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum MailerError {
    /// The sender is no address.
    #[error("MAIL_FROM {0:?} is no mail address: {1}")]
    From(String, lettre::address::AddressError),
    /// The mail server's address makes no sense.
    #[error("SMTP_URL {0} cannot be used: {1}")]
    Server(Address, lettre::transport::smtp::Error),
    /// The folder cannot be made.
    #[error("the folder {0} for mails cannot be made: {1}")]
    Folder(PathBuf, std::io::Error),
}

impl Mailer {
    /// What the settings ask for: a mail server, or a folder. No connection is made yet.
    pub fn open(settings: &Settings) -> Result<Self, MailerError> {
        let from = &settings.mail_from;
        let from = from.parse().map_err(|error| MailerError::From(from.clone(), error))?;
        let way = match &settings.smtp_url {
            Some(address) => Way::Server(server(address)?),
            None => Way::Folder(folder(settings.mail_dir())?),
        };
        Ok(Self { from, way })
    }

    /// Sends a mail.
    ///
    /// # Errors
    /// [`Failure::Final`] for a mail that no server would take, [`Failure::Passing`] otherwise.
    pub async fn send(&self, letter: Letter) -> Result<(), Failure> {
        let message = self.message(letter)?;
        match &self.way {
            Way::Server(server) => match server.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => {
                    tracing::warn!(%error, "the mail server refuses a mail");
                    Err(Failure::Final("the mail server refuses the mail".to_owned()))
                }
                Err(error) => {
                    tracing::warn!(%error, "the mail server does not take a mail");
                    Err(Failure::Passing("the mail server does not take the mail".to_owned()))
                }
            },
            Way::Folder(folder) => {
                let written = put(folder, &message.formatted()).await;
                written.map_err(|error| Failure::Passing(format!("the file of a mail: {error}")))
            }
        }
    }

    fn message(&self, letter: Letter) -> Result<Message, Failure> {
        let to = letter
            .to
            .parse()
            .map_err(|_| Failure::Final("the recipient is no mail address".to_owned()))?;
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(letter.subject)
            .multipart(
                MultiPart::alternative()
                    .singlepart(plain(&letter.text))
                    .singlepart(SinglePart::html(letter.html)),
            )
            .map_err(|error| Failure::Final(format!("the mail cannot be written: {error}")))
    }
}

/// Writes beside the folder first, so that nobody who watches the folder reads half a mail.
async fn put(folder: &Path, mail: &[u8]) -> std::io::Result<()> {
    let name = format!("{}.eml", Uuid::now_v7());
    let unfinished = folder.with_file_name(format!(".{name}"));
    tokio::fs::write(&unfinished, mail).await?;
    tokio::fs::rename(unfinished, folder.join(name)).await
}

/// The text as it is where a mail allows that: a link that is broken into lines by its encoding
/// cannot be copied from the file of a mail.
fn plain(text: &str) -> SinglePart {
    let fits = text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE);
    if !fits {
        return SinglePart::plain(text.to_owned());
    }
    let lines = text.lines().collect::<Vec<_>>().join("\r\n") + "\r\n";
    let body = Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit);
    SinglePart::builder().header(ContentType::TEXT_PLAIN).body(body)
}

fn server(address: &Address) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailerError> {
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(address.reveal())
        .map_err(|error| MailerError::Server(address.clone(), error))?;
    Ok(builder.timeout(Some(ANSWER)).pool_config(PoolConfig::new().max_size(CONNECTIONS)).build())
}

fn folder(path: PathBuf) -> Result<PathBuf, MailerError> {
    match fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(MailerError::Folder(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://example.com/a-rather-long-path-that-leads-to/invite/\
                        0123456789abcdefghijklmnopqrstuvwxyz_ABCDEF";

    fn mailer(variables: &[(&str, &str)]) -> Result<Mailer, MailerError> {
        let variables = variables.iter().map(|(name, text)| ((*name).into(), (*text).into()));
        Mailer::open(&Settings::read(variables, None).expect("settings"))
    }

    fn letter() -> Letter {
        Letter {
            to: "ada@example.com".to_owned(),
            subject: "Grüße".to_owned(),
            text: format!("Hello,\n\n{LINK}\n"),
            html: format!("<p>{LINK}</p>"),
        }
    }

    #[tokio::test]
    async fn without_a_server_a_mail_becomes_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().display().to_string();
        mailer(&[("DATA_DIR", &data)]).expect("a mailer").send(letter()).await.expect("sent");
        let files: Vec<_> = fs::read_dir(folder.path().join("mail")).expect("files").collect();
        assert_eq!(files.len(), 1);
        let path = files[0].as_ref().expect("a file").path();
        let text = fs::read_to_string(path).expect("a mail");
        assert!(text.contains("To: ada@example.com"), "{text}");
        assert!(text.contains(&format!("\r\n{LINK}\r\n")), "the link is whole: {text}");
    }

    #[tokio::test]
    async fn an_impossible_recipient_is_not_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().display().to_string();
        let mailer = mailer(&[("DATA_DIR", &data)]).expect("a mailer");
        let to = "no address\r\nBcc: x@example.com".to_owned();
        let refused = mailer.send(Letter { to, ..letter() }).await;
        assert!(matches!(refused, Err(Failure::Final(_))));
    }

    #[tokio::test]
    async fn an_absent_server_is_tried_again() {
        let mailer = mailer(&[("SMTP_URL", "smtp://127.0.0.1:1")]).expect("a mailer");
        assert!(matches!(mailer.send(letter()).await, Err(Failure::Passing(_))));
    }
}
