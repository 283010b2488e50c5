//! What mails say. Tokens are made or opened here and go nowhere but into the mail.

use askama::Template;
use domain::{
    Links,
    account::{reset, verification},
    job::mail::{SendInvitation, SendPasswordReset, SendVerification},
    sharing::invitation::{self, InvitationLetter},
};
use entity::{Id, choice::TeamRole};

use super::Letter;
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

#[derive(Template)]
#[template(path = "password_reset.txt")]
struct PasswordResetText<'l> {
    link: &'l str,
}

#[derive(Template)]
#[template(path = "password_reset.html")]
struct PasswordResetHtml<'l> {
    link: &'l str,
}

#[derive(Template)]
#[template(path = "verification.txt")]
struct VerificationText<'l> {
    link: &'l str,
}

#[derive(Template)]
#[template(path = "verification.html")]
struct VerificationHtml<'l> {
    link: &'l str,
}

#[derive(Template)]
#[template(path = "invitation.txt")]
struct InvitationText<'l> {
    link: &'l str,
    letter: &'l InvitationLetter,
    sender: &'l str,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationHtml<'l> {
    link: &'l str,
    letter: &'l InvitationLetter,
    sender: &'l str,
    role: &'static str,
}

impl Perform for SendPasswordReset {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(issued) = reset::issue(context.store(), Id::trusted(self.user)).await? else {
            return Ok(());
        };
        let link = context.links().password_reset(&issued.uid, &issued.token);
        let letter = Letter {
            to: issued.email,
            subject: "Choose a new password for Forewarn".to_owned(),
            text: written(&PasswordResetText { link: &link })?,
            html: written(&PasswordResetHtml { link: &link })?,
        };
        context.mailer().send(letter).await
    }
}

impl Perform for SendVerification {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let issued = verification::issue(context.store(), Id::trusted(self.user)).await?;
        let Some(issued) = issued else { return Ok(()) };
        let link = context.links().verification(&issued.key);
        let letter = Letter {
            to: issued.email,
            subject: "Confirm your address for Forewarn".to_owned(),
            text: written(&VerificationText { link: &link })?,
            html: written(&VerificationHtml { link: &link })?,
        };
        context.mailer().send(letter).await
    }
}

impl Perform for SendInvitation {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let letter = invitation::letter(context.store(), self.invitation).await?;
        let Some(letter) = letter else { return Ok(()) };
        context.mailer().send(invitation_mail(context.links(), &letter)?).await
    }
}

fn invitation_mail(links: &Links, letter: &InvitationLetter) -> Result<Letter, Failure> {
    let link = &*links.invitation(&letter.token);
    let sender = letter.sender.as_deref().unwrap_or("Somebody");
    let role = role(letter.role);
    Ok(Letter {
        to: letter.email.clone(),
        subject: one_line(&format!("Join {} on Forewarn", letter.team)),
        text: written(&InvitationText { link, letter, sender, role })?,
        html: written(&InvitationHtml { link, letter, sender, role })?,
    })
}

const fn role(role: TeamRole) -> &'static str {
    match role {
        TeamRole::Lead => "lead",
        TeamRole::Member => "member",
        TeamRole::Viewer => "viewer",
    }
}

/// Names come from users and must not begin another header.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn written(template: &impl Template) -> Result<String, Failure> {
    template
        .render()
        .map_err(|error| Failure::Final(format!("the mail cannot be written: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_names_team_sender_and_link_and_keeps_markup_out() {
        let letter = InvitationLetter {
            email: "ada@example.com".to_owned(),
            token: "t".repeat(43),
            team: "Payments\r\nBcc: x@example.com".to_owned(),
            organization: "<script>Acme</script>".to_owned(),
            role: TeamRole::Viewer,
            sender: Some("grace@example.com".to_owned()),
        };
        let mail = invitation_mail(&Links::below("https://app.example"), &letter).expect("a mail");
        let link = format!("https://app.example/invite/{}", letter.token);
        assert!(mail.text.contains(&format!("{link}\n")), "{}", mail.text);
        assert!(mail.html.contains(&link), "{}", mail.html);
        assert!(mail.text.contains("grace@example.com"), "{}", mail.text);
        assert!(!mail.html.contains("<script>"), "{}", mail.html);
        assert!(!mail.subject.contains(['\r', '\n']));
    }
}
