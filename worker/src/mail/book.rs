//! That each mail leaves once: what is about to happen is written down first.
//!
//! Between the note that a mail is being handed over and the answer of the mail server a worker
//! may die. Then nobody knows whether the server has the mail, and it is not sent again.

use domain::store::Handover;
use entity::choice::MailState;

use super::{
    conversation::{Trouble, announce},
    letter::Letter,
    mailer::{Way, put},
};
use crate::{registry::Failure, runtime::Context};

const UNKNOWN: &str = "It is unknown whether the mail was delivered; it is not sent again.";

/// The mail of a job that nobody has yet.
pub(super) struct Pending<'c>(&'c Context);

impl<'c> Pending<'c> {
    /// None if the mail has left already.
    ///
    /// # Errors
    /// [`Failure::Final`] when nobody knows whether it has.
    pub(super) async fn of(context: &'c Context) -> Result<Option<Self>, Failure> {
        match context.store().mails().look(context.id()).await? {
            Handover::Go => Ok(Some(Self(context))),
            Handover::Sent => Ok(None),
            Handover::Unknown => Err(self::unknown(context, None).await),
        }
    }

    /// Sends the mail.
    ///
    /// # Errors
    /// [`Failure::Passing`] when the server may take it later, [`Failure::Final`] otherwise.
    pub(super) async fn send(self, letter: &Letter) -> Result<(), Failure> {
        let context = self.0;
        let message =
            context.mailer().message(letter, context.id(), context.store().clock().now())?;
        match context.mailer().way() {
            Way::Folder(folder) => {
                if !go(context).await? {
                    return Ok(());
                }
                match put(folder, context.id(), &message.formatted()).await {
                    Ok(()) => self.note(MailState::Sent, None).await,
                    Err(error) => self.trouble(Trouble::Later(error.to_string())).await,
                }
            }
            Way::Server(server) => {
                let announced = match announce(server, &message).await {
                    Ok(announced) => announced,
                    Err(trouble) => return self.trouble(trouble).await,
                };
                match go(context).await {
                    Ok(true) => {}
                    Ok(false) => {
                        announced.withdraw().await;
                        return Ok(());
                    }
                    Err(failure) => {
                        announced.withdraw().await;
                        return Err(failure);
                    }
                }
                match announced.hand_over().await {
                    Ok(reply) => self.note(MailState::Sent, Some(&reply)).await,
                    Err(trouble) => self.trouble(trouble).await,
                }
            }
        }
    }

    async fn note(&self, state: MailState, reply: Option<&str>) -> Result<(), Failure> {
        Ok(self.0.store().mails().note(self.0.id(), state, reply).await?)
    }

    async fn trouble(&self, trouble: Trouble) -> Result<(), Failure> {
        match trouble {
            Trouble::Later(reply) => {
                tracing::info!(reply, "the mail server does not take a mail now");
                self.note(MailState::Waiting, Some(&reply)).await?;
                Err(Failure::Passing(format!("The mail server does not take the mail: {reply}")))
            }
            Trouble::Refused(reply) => {
                tracing::warn!(reply, "the mail server refuses a mail");
                self.note(MailState::Refused, Some(&reply)).await?;
                Err(Failure::Final(format!("The mail server refuses the mail: {reply}")))
            }
            Trouble::Unknown(reply) => Err(unknown(self.0, Some(&reply)).await),
        }
    }
}

/// Whether this worker is the one that hands the mail over; noted and committed then.
async fn go(context: &Context) -> Result<bool, Failure> {
    match context.store().mails().hand_over(context.id(), context.kind()).await? {
        Handover::Go => Ok(true),
        Handover::Sent => Ok(false),
        Handover::Unknown => Err(unknown(context, None).await),
    }
}

async fn unknown(context: &Context, reply: Option<&str>) -> Failure {
    tracing::warn!(reply, "it is unknown whether a mail was delivered");
    let noted = context.store().mails().note(context.id(), MailState::Unknown, reply).await;
    if let Err(error) = noted {
        // The note that it is being handed over says the same.
        tracing::warn!(%error, "what became of a mail was not noted");
    }
    Failure::Final(UNKNOWN.to_owned())
}

/// Why a mail will not come, if that is so: it was refused, or the last attempt has failed.
pub(super) fn given_up<'r>(context: &Context, result: &'r Result<(), Failure>) -> Option<&'r str> {
    match result {
        Err(Failure::Final(reason)) => Some(reason),
        Err(Failure::Passing(reason)) if context.is_last_attempt() => Some(reason),
        _ => None,
    }
}
