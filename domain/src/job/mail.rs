//! Mails. A job names the row that the mail is about; tokens are made or opened when the mail is
//! written, so that they are in no queue, log or trace.

use std::time::Duration;

use entity::{Id, magic_link, organization, team_invitation, user};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Job, Pauses, Priority};
use crate::account::Address;

/// A mail server may be away for a day.
const PATIENCE: Duration = Duration::from_hours(24);
const PAUSES: Pauses = Pauses::up_to(Duration::from_mins(10));
const ATTEMPTS: i32 = PAUSES.attempts_within(PATIENCE);

/// Who invites with the wrong role, or presses the button twice, does not have two mails sent, of
/// which the first has a link that works no more.
const CORRECTION: Duration = Duration::from_secs(2);

/// Sends a link to set a new password.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendPasswordReset {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendPasswordReset {
    const KIND: &'static str = "send_password_reset";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    const PRIORITY: Priority = Priority::High;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.user.to_string())
    }
}

/// Sends a link to confirm an address.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendVerification {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendVerification {
    const KIND: &'static str = "send_verification";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.user.to_string())
    }
}

/// Sends an invitation to a team.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendInvitation {
    /// Key of the invitation.
    pub invitation: Uuid,
    /// Hash of its token, so that nothing is sent for an invitation that was renewed since.
    pub token_hash: String,
}

impl SendInvitation {
    /// Sends an invitation as it is now.
    pub fn new(row: &team_invitation::Model) -> Self {
        Self { invitation: row.id, token_hash: row.token_hash.clone() }
    }
}

impl Job for SendInvitation {
    const KIND: &'static str = "send_invitation";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const DELAY: Duration = CORRECTION;
    const PAUSES: Pauses = PAUSES;
    type Output = ();
}

/// Reminds of an invitation before it expires.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendInvitationReminder {
    /// Key of the invitation.
    pub invitation: Uuid,
    /// Hash of its token, so that nothing is sent for an invitation that was renewed since.
    pub token_hash: String,
}

impl SendInvitationReminder {
    /// Sends an invitation as it is now.
    pub fn new(row: &team_invitation::Model) -> Self {
        Self { invitation: row.id, token_hash: row.token_hash.clone() }
    }
}

impl Job for SendInvitationReminder {
    const KIND: &'static str = "send_invitation_reminder";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();
}

/// Looks for invitations that end soon and has reminders sent. Asked for once an hour.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RemindInvited {
    /// The hour for which it is done, counted from 1970.
    pub hour: i64,
}

impl Job for RemindInvited {
    const KIND: &'static str = "remind_invited";
    const PRIORITY: Priority = Priority::Idle;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.hour.to_string())
    }
}

/// Sends a link that shows a threat model to one person.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendMagicLink {
    /// Key of the organization of the model.
    pub organization: i64,
    /// Key of the link.
    pub link: Uuid,
    /// Where to send it.
    pub recipient: String,
}

impl SendMagicLink {
    /// Sends a link to an address.
    pub fn new(link: &magic_link::Model, recipient: Address) -> Self {
        Self {
            organization: link.organization_id.key(),
            link: link.id,
            recipient: recipient.into(),
        }
    }
}

impl Job for SendMagicLink {
    const KIND: &'static str = "send_magic_link";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}

/// Tells somebody that the password was changed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendPasswordChanged {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendPasswordChanged {
    const KIND: &'static str = "send_password_changed";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    const PRIORITY: Priority = Priority::High;
    type Output = ();
}

/// What happened to a second factor.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// It is asked for at sign-in from now on.
    Enabled,
    /// Its owner removed it.
    Disabled,
    /// The operator of the installation removed it.
    RemovedByOperator,
}

/// Tells somebody that the second factor of the account was enabled or removed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendSecondFactorChanged {
    /// Key of the user.
    pub user: i64,
    /// What happened.
    pub change: FactorChange,
}

impl SendSecondFactorChanged {
    /// Tells a user what happened.
    pub const fn new(user: Id<user::Entity>, change: FactorChange) -> Self {
        Self { user: user.key(), change }
    }
}

impl Job for SendSecondFactorChanged {
    const KIND: &'static str = "send_second_factor_changed";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    const PRIORITY: Priority = Priority::High;
    type Output = ();
}

/// Welcomes somebody who signed up.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendWelcome {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendWelcome {
    const KIND: &'static str = "send_welcome";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();
}

/// Has the weekly numbers sent to all who want them. Asked for once a week.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendDigests {
    /// The week, counted from 1970.
    pub week: i64,
}

impl Job for SendDigests {
    const KIND: &'static str = "send_digests";
    const PRIORITY: Priority = Priority::Idle;
    type Output = ();

    fn dedupe_key(&self) -> Option<String> {
        Some(self.week.to_string())
    }
}

/// Sends the weekly numbers of an organization to one of its security team.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendDigest {
    /// Key of the organization.
    pub organization: i64,
    /// Key of the user.
    pub user: i64,
    /// The week, counted from 1970.
    pub week: i64,
}

impl SendDigest {
    /// Whom it is for.
    pub const fn reader(&self) -> Id<user::Entity> {
        Id::trusted(self.user)
    }
}

impl Job for SendDigest {
    const KIND: &'static str = "send_digest";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}:{}", self.organization, self.user, self.week))
    }
}

/// Tells who asked for a report file that it is ready.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendReportReady {
    /// Key of the organization.
    pub organization: i64,
    /// Key of the row of the file.
    pub export: Uuid,
}

impl Job for SendReportReady {
    const KIND: &'static str = "send_report_ready";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    const PAUSES: Pauses = PAUSES;
    type Output = ();

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }

    fn dedupe_key(&self) -> Option<String> {
        Some(self.export.to_string())
    }
}
