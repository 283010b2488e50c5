//! Links that show a threat model, sent to people.

use domain::{
    job::mail::SendMagicLink,
    sharing::magic_link::{self, MagicLinkLetter},
};

use super::{
    book::Pending,
    letter::{Action, Letter, quoted},
};
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for SendMagicLink {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let letter = magic_link::letter(context.store(), self.link).await?;
        let Some(letter) = letter else { return Ok(()) };
        let link = context.links().share(&letter.token);
        pending.send(&shared(self.recipient, &letter, link)).await
    }
}

fn shared(to: String, letter: &MagicLinkLetter, link: String) -> Letter {
    let model = quoted(&letter.model);
    let organization = quoted(&letter.organization);
    let sender = letter.sender.as_deref().map_or_else(|| "Somebody".to_owned(), quoted);
    let end = letter.expires_at.format("%d %b %Y, %H:%M UTC");
    let mut closing = vec![format!(
        "The link works until {end} and needs no account. Whoever has it can read the threat \
         model: do not pass it on."
    )];
    if letter.has_password {
        closing.insert(0, format!("You need a password for it, which {sender} can tell you."));
    }
    Letter {
        to,
        subject: format!("A threat model for you: {model}"),
        preheader: format!("{organization} shares it with you on Forewarn."),
        opening: vec![
            "Hello,".to_owned(),
            format!("{sender} shares the threat model {model} of {organization} with you."),
        ],
        action: Some(Action { label: "Read the threat model", link }),
        closing,
        ..Letter::default()
    }
}
