//! Invitations to teams, and reminders of them.

use domain::{
    job::mail::{RemindInvited, SendInvitation, SendInvitationReminder},
    sharing::invitation::{self, InvitationLetter},
};
use entity::choice::TeamRole;
use uuid::Uuid;

use super::{
    book::{Pending, given_up},
    letter::{Action, Letter, quoted},
};
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for SendInvitation {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        send(context, (self.invitation, &self.token_hash), first).await
    }
}

impl Perform for SendInvitationReminder {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        send(context, (self.invitation, &self.token_hash), reminder).await
    }
}

impl Perform for RemindInvited {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let reminders = invitation::remind(context.store()).await?;
        tracing::info!(reminders, "asked for reminders of invitations");
        Ok(())
    }
}

/// Sends an invitation unless it was accepted, revoked or renewed since. If that fails for good it
/// is noted with the invitation.
async fn send(
    context: &Context,
    (invitation, token_hash): (Uuid, &str),
    write: fn(&InvitationLetter, String) -> Letter,
) -> Result<(), Failure> {
    let sent = attempt(context, (invitation, token_hash), write).await;
    if let Some(reason) = given_up(context, &sent) {
        invitation::note_undelivered(context.store(), invitation, token_hash, reason).await?;
    }
    sent
}

async fn attempt(
    context: &Context,
    (invitation, token_hash): (Uuid, &str),
    write: fn(&InvitationLetter, String) -> Letter,
) -> Result<(), Failure> {
    let Some(pending) = Pending::of(context).await? else { return Ok(()) };
    let letter = invitation::letter(context.store(), invitation, token_hash).await?;
    let Some(letter) = letter else { return Ok(()) };
    let link = context.links().invitation(&letter.token);
    pending.send(&write(&letter, link)).await
}

fn first(letter: &InvitationLetter, link: String) -> Letter {
    let team = quoted(&letter.team);
    Letter {
        subject: format!("Join {team} on Forewarn"),
        preheader: "The link works for seven days.".to_owned(),
        opening: vec!["Hello,".to_owned(), invites(letter, &team)],
        ..common(letter, link)
    }
}

fn reminder(letter: &InvitationLetter, link: String) -> Letter {
    let team = quoted(&letter.team);
    Letter {
        subject: format!("Your invitation to {team} on Forewarn ends soon"),
        preheader: format!("It can be accepted until {}.", end(letter)),
        opening: vec!["Hello,".to_owned(), invites(letter, &team)],
        ..common(letter, link)
    }
}

fn common(letter: &InvitationLetter, link: String) -> Letter {
    Letter {
        to: letter.email.clone(),
        action: Some(Action { label: "Join the team", link }),
        closing: vec![format!(
            "The link works until {}. If you do not know who this is about, leave this mail alone.",
            end(letter)
        )],
        ..Letter::default()
    }
}

fn invites(letter: &InvitationLetter, team: &str) -> String {
    let sender = letter.sender.as_deref().map_or_else(|| "Somebody".to_owned(), quoted);
    let organization = quoted(&letter.organization);
    let role = role(letter.role);
    format!("{sender} invites you to the team {team} of {organization} as {role}.")
}

fn end(letter: &InvitationLetter) -> String {
    letter.expires_at.format("%d %b %Y, %H:%M UTC").to_string()
}

const fn role(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Lead => "lead",
        TeamRole::Member => "member",
        TeamRole::Viewer => "viewer",
    }
}
