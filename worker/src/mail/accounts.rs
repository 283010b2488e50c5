//! Mails about an account.

use domain::{
    account::{reset, verification},
    job::mail::{
        FactorChange, SendPasswordChanged, SendPasswordReset, SendSecondFactorChanged,
        SendVerification, SendWelcome,
    },
};
use entity::{Id, user};

use super::{
    book::Pending,
    letter::{Action, Letter},
};
use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for SendPasswordReset {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let Some(issued) = reset::issue(context.store(), Id::trusted(self.user)).await? else {
            return Ok(());
        };
        let link = context.links().password_reset(&issued.uid, &issued.token);
        pending.send(&password_reset(issued.email, link)).await
    }
}

impl Perform for SendVerification {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let issued = verification::issue(context.store(), Id::trusted(self.user)).await?;
        let Some(issued) = issued else { return Ok(()) };
        let link = context.links().verification(&issued.key);
        pending.send(&verification(issued.email, link)).await
    }
}

impl Perform for SendPasswordChanged {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let Some(user) = active(context, self.user).await? else { return Ok(()) };
        let moment = context.asked_at().format("%d %b %Y, %H:%M").to_string();
        pending.send(&password_changed(user.email, &moment)).await
    }
}

impl Perform for SendSecondFactorChanged {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let Some(user) = active(context, self.user).await? else { return Ok(()) };
        let moment = context.asked_at().format("%d %b %Y, %H:%M").to_string();
        pending.send(&factor_changed(user.email, self.change, &moment)).await
    }
}

impl Perform for SendWelcome {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let Some(pending) = Pending::of(context).await? else { return Ok(()) };
        let Some(user) = active(context, self.user).await? else { return Ok(()) };
        pending.send(&welcome(user.email, context.links().home())).await
    }
}

async fn active(context: &Context, user: i64) -> Result<Option<user::Model>, Failure> {
    let user = context.store().identity().user(Id::trusted(user)).await?;
    Ok(user.filter(|user| user.is_active))
}

fn password_reset(to: String, link: String) -> Letter {
    Letter {
        to,
        subject: "Choose a new password for Forewarn".to_owned(),
        preheader: "The link works once and for one day.".to_owned(),
        opening: vec![
            "Hello,".to_owned(),
            "Somebody asked to choose a new password for your Forewarn account.".to_owned(),
        ],
        action: Some(Action { label: "Choose a new password", link }),
        closing: vec![
            "The link works once and for one day. If it was not you, leave this mail alone: your \
             password stays as it is."
                .to_owned(),
        ],
        ..Letter::default()
    }
}

fn verification(to: String, link: String) -> Letter {
    Letter {
        to,
        subject: "Confirm your address for Forewarn".to_owned(),
        preheader: "The link works for seven days.".to_owned(),
        opening: vec![
            "Hello,".to_owned(),
            "Please confirm that this address belongs to your Forewarn account.".to_owned(),
        ],
        action: Some(Action { label: "Confirm the address", link }),
        closing: vec![
            "The link works for seven days. If you have no account, leave this mail alone."
                .to_owned(),
        ],
        ..Letter::default()
    }
}

fn password_changed(to: String, moment: &str) -> Letter {
    Letter {
        to,
        subject: "Your password for Forewarn was changed".to_owned(),
        preheader: "If it was not you, choose a new one now.".to_owned(),
        opening: vec![
            "Hello,".to_owned(),
            format!("The password of your Forewarn account was changed on {moment} UTC."),
        ],
        closing: vec![
            "If it was you, there is nothing to do. If it was not, ask for a new password on the \
             sign-in page now, and tell whoever runs your Forewarn."
                .to_owned(),
        ],
        ..Letter::default()
    }
}

fn factor_changed(to: String, change: FactorChange, moment: &str) -> Letter {
    let (subject, happened) = match change {
        FactorChange::Enabled => (
            "Your Forewarn account has a second factor",
            "A second factor was added to your Forewarn account",
        ),
        FactorChange::Disabled => (
            "The second factor of your Forewarn account was removed",
            "The second factor of your Forewarn account was removed",
        ),
        FactorChange::RemovedByOperator => (
            "The second factor of your Forewarn account was removed",
            "The operator of Forewarn removed the second factor of your account",
        ),
    };
    let then = match change {
        FactorChange::Enabled => {
            "If it was you, keep the recovery codes where you find them without your device."
        }
        FactorChange::Disabled | FactorChange::RemovedByOperator => {
            "The password alone is enough to sign in now. If you wanted this, there is nothing to \
             do."
        }
    };
    Letter {
        to,
        subject: subject.to_owned(),
        preheader: "If you did not expect this, act now.".to_owned(),
        opening: vec!["Hello,".to_owned(), format!("{happened} on {moment} UTC.")],
        closing: vec![format!(
            "{then} Otherwise ask for a new password on the sign-in page now, and tell whoever \
             runs your Forewarn."
        )],
        ..Letter::default()
    }
}

fn welcome(to: String, link: String) -> Letter {
    Letter {
        to,
        subject: "Welcome to Forewarn".to_owned(),
        preheader: "How to begin with your first threat model.".to_owned(),
        opening: vec![
            "Hello,".to_owned(),
            "Your Forewarn account is ready. Three steps lead to a first threat model: import the \
             packs that fit your technology, draw the system with its data flows and trust zones, \
             and have the threats generated."
                .to_owned(),
        ],
        action: Some(Action { label: "Open Forewarn", link }),
        ..Letter::default()
    }
}
