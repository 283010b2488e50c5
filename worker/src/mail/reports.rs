//! Tells that a report file is ready.

use domain::{
    job::mail::SendReportReady,
    report::export::{self, ReadyLetter},
};
use entity::{Actor, Id};

use super::{
    book::Pending,
    letter::{Action, Letter, quoted},
};
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for SendReportReady {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let actor = Actor::for_job(Id::trusted(self.organization), None);
        let letter = export::letter(context.store(), &actor, self.export).await?;
        let Some(letter) = letter else { return Ok(()) };
        pending.send(&ready(&letter, context.links().home())).await
    }
}

fn ready(letter: &ReadyLetter, link: String) -> Letter {
    let subject = quoted(&letter.subject);
    let filename = quoted(&letter.filename);
    let end = letter.expires_at.format("%d %b %Y, %H:%M UTC");
    Letter {
        to: letter.email.clone(),
        subject: format!("Your report is ready: {subject}"),
        preheader: format!("It can be downloaded until {end}."),
        opening: vec![
            "Hello,".to_owned(),
            format!("the report about {subject} that you asked for is ready: {filename}."),
        ],
        action: Some(Action { label: "Open Forewarn", link }),
        closing: vec![format!(
            "Sign in to download it from the reports of {subject}. It is kept until {end}."
        )],
        ..Letter::default()
    }
}
