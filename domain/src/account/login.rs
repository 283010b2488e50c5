//! Signing in with address and password.

use entity::choice::TokenPurpose;
use sea_orm::ActiveValue::Set;

use super::{Accounts, Verdict, address, session::SignedIn};
use crate::{Error, Result, sharing::invitation};

/// What is said about every failed attempt, whatever the reason.
const REFUSED: &str = "Unable to log in with provided credentials.";

impl Accounts {
    /// Signs in and accepts the invitations that wait for the address. Takes as long for an unknown
    /// address as for a wrong password.
    ///
    /// # Errors
    /// [`Error::Invalid`] with one text for every reason.
    pub async fn log_in(
        &self,
        email: &str,
        password: String,
        user_agent: &str,
    ) -> Result<SignedIn> {
        let user = self.store.identity().user_at(&address::key(email)).await?;
        let user = user.filter(|user| user.is_active);
        let stored = user.as_ref().map(|user| user.password_hash.clone());
        let verdict = self.passwords.verify(password.clone(), stored).await?;
        let Some(user) = user.filter(|_| verdict != Verdict::Wrong) else {
            return Err(Error::invalid_object(REFUSED));
        };
        let renewed = match verdict {
            Verdict::Outdated => Some(self.passwords.hash(password).await?),
            _ => None,
        };

        let changes = self.store.identity().begin().await?;
        let now = changes.now();
        let user = changes
            .update_user(user, |row| {
                row.last_login_at = Set(Some(now));
                if let Some(hash) = renewed {
                    row.password_hash = Set(hash);
                }
            })
            .await?;
        changes.end_links(user.id, TokenPurpose::PasswordReset).await?;
        let waiting = changes.usable_invitations(&user.email_key).await?;
        invitation::accept_all(&changes, user.id, &waiting).await?;
        let tokens = self.begin_session(&changes, user.id, user_agent).await?;
        changes.commit().await?;
        Ok(SignedIn { user, tokens })
    }
}
