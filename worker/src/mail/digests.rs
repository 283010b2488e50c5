//! The weekly numbers of organizations.

use domain::{
    job::mail::{SendDigest, SendDigests},
    organization::digest::{self, DigestLetter, Numbers},
};

use super::{
    book::Pending,
    letter::{Action, Figure, Letter, Unsubscription, quoted},
};
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for SendDigests {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let mails = digest::ask(context.store(), self.week).await?;
        tracing::info!(mails, "asked for weekly mails");
        Ok(())
    }
}

impl Perform for SendDigest {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let Some(letter) = digest::letter(context.store(), &self).await? else { return Ok(()) };
        let unsubscription = Unsubscription {
            page: context.links().unsubscription(&letter.token),
            one_click: context.mailer().one_click(&letter.token),
        };
        pending.send(&weekly(letter, context.links().home(), unsubscription)).await
    }
}

fn weekly(letter: DigestLetter, link: String, unsubscription: Unsubscription) -> Letter {
    let organization = quoted(&letter.organization);
    let numbers = letter.numbers;
    Letter {
        to: letter.email,
        subject: format!("{organization}: the week in Forewarn"),
        preheader: format!(
            "{} new threats, {} exposed, {} open countermeasures.",
            numbers.new_threats, numbers.exposed_threats, numbers.open_countermeasures
        ),
        opening: vec![
            "Hello,".to_owned(),
            format!("This is how the threat models of {organization} stand."),
        ],
        figures: figures(numbers),
        action: Some(Action { label: "Open Forewarn", link }),
        closing: vec![
            "You get this mail every week because you are in the security team of the \
             organization."
                .to_owned(),
        ],
        unsubscription: Some(unsubscription),
    }
}

fn figures(numbers: Numbers) -> Vec<Figure> {
    vec![
        Figure { name: "Threat models", value: numbers.models },
        Figure { name: "New threats in seven days", value: numbers.new_threats },
        Figure { name: "Exposed threats", value: numbers.exposed_threats },
        Figure { name: "Open countermeasures", value: numbers.open_countermeasures },
        Figure { name: "Countermeasures that drifted from the library", value: numbers.drift },
    ]
}
