//! Mails. A job names the row that the mail is about; tokens are made when the mail is written, so
//! that they are in no queue, log or trace.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Job, Priority};

/// A mail server may be away for an hour.
const ATTEMPTS: i32 = 12;

/// Sends a link to set a new password.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendPasswordReset {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendPasswordReset {
    const KIND: &'static str = "send_password_reset";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
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
}

impl Job for SendInvitation {
    const KIND: &'static str = "send_invitation";
    const MAX_ATTEMPTS: i32 = ATTEMPTS;
    type Output = ();
}
