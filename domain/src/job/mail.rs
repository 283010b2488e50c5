//! Mails. A job names the row that the mail is about; tokens are made when the mail is written, so
//! that none is ever stored with a job.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Job;

/// Sends a link to set a new password.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendPasswordReset {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendPasswordReset {
    const KIND: &'static str = "send_password_reset";
}

/// Sends a link to confirm an address.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendVerification {
    /// Key of the user.
    pub user: i64,
}

impl Job for SendVerification {
    const KIND: &'static str = "send_verification";
}

/// Sends an invitation to a team.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SendInvitation {
    /// Key of the invitation.
    pub invitation: Uuid,
}

impl Job for SendInvitation {
    const KIND: &'static str = "send_invitation";
}
