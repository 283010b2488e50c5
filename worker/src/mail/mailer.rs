//! Where mails go: to a mail server, or into files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use chrono::{DateTime, Utc};
use lettre::{Message, message::Mailbox};
use platform::{Settings, configuration::Address};
use uuid::Uuid;

use super::{conversation::Trouble, letter::Letter, message::message, server::Server};
use crate::registry::Failure;

/// Where mails go. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
    public_url: String,
}

#[derive(Clone)]
pub(super) enum Way {
    Server(Server),
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
    Server(Address, String),
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
        Ok(Self { from, way, public_url: settings.public_url.clone() })
    }

    /// Signs in to the mail server, or looks whether files can be written. Sends nothing.
    ///
    /// # Errors
    /// What the server or the operating system says.
    pub async fn check(&self) -> Result<(), String> {
        match &self.way {
            Way::Server(server) => match server.line().await {
                Ok(line) => {
                    line.keep();
                    Ok(())
                }
                Err(Trouble::Refused(text) | Trouble::Later(text) | Trouble::Unknown(text)) => {
                    Err(text)
                }
            },
            Way::Folder(folder) => {
                let probe = folder.join(".probe");
                fs::write(&probe, []).map_err(|error| error.to_string())?;
                fs::remove_file(&probe).map_err(|error| error.to_string())
            }
        }
    }

    pub(super) fn message(
        &self,
        letter: &Letter,
        job: Uuid,
        now: DateTime<Utc>,
    ) -> Result<Message, Failure> {
        message(letter, &self.from, job, now)
    }

    pub(super) const fn way(&self) -> &Way {
        &self.way
    }

    /// Where mail programs ask for no more mails. Always of the API, wherever the pages are.
    pub(super) fn one_click(&self, token: &str) -> String {
        format!("{}/api/unsubscribe/{token}/", self.public_url)
    }
}

/// Writes beside the folder first, so that nobody who watches the folder reads half a mail. The
/// clock of file systems ticks every few milliseconds only, too slow to tell which mail is newer.
pub(super) async fn put(folder: &Path, job: Uuid, mail: &[u8]) -> std::io::Result<()> {
    let name = format!("{job}.eml");
    let unfinished = folder.with_file_name(format!(".{name}"));
    tokio::fs::write(&unfinished, mail).await?;
    let file = tokio::fs::File::options().write(true).open(&unfinished).await?;
    file.into_std().await.set_modified(SystemTime::now())?;
    tokio::fs::rename(unfinished, folder.join(name)).await
}

fn server(address: &Address) -> Result<Server, MailerError> {
    Server::parse(address.reveal()).map_err(|error| MailerError::Server(address.clone(), error))
}

fn folder(path: PathBuf) -> Result<PathBuf, MailerError> {
    match fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(MailerError::Folder(path, error)),
    }
}
