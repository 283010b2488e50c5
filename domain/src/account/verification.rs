//! Confirming an address with a link that is sent by mail. Nothing depends on it.

use chrono::TimeDelta;
use entity::{Id, choice::TokenPurpose, user};
use sea_orm::ActiveValue::Set;

use super::{
    Accounts, Address,
    secret::{digest, random_token},
};
use crate::{Error, Result, Store, job::mail::SendVerification};

/// How long a link works.
const LIFETIME: TimeDelta = TimeDelta::days(7);

/// The key of a link, and where to send it.
#[derive(Clone, Debug)]
pub struct VerificationLink {
    /// The address to confirm.
    pub email: String,
    /// Works once.
    pub key: String,
}

/// Makes a link for an account; earlier ones stop working. None if the account is gone, disabled or
/// confirmed.
pub async fn issue(store: &Store, user: Id<user::Entity>) -> Result<Option<VerificationLink>> {
    let user = store.identity().user(user).await?;
    let Some(user) = user.filter(|user| user.is_active && user.email_verified_at.is_none()) else {
        return Ok(None);
    };
    let key = random_token();
    let changes = store.identity().begin().await?;
    let expires_at = changes.now() + LIFETIME;
    changes.add_link(user.id, TokenPurpose::VerifyEmail, digest(&key), expires_at).await?;
    changes.commit().await?;
    Ok(Some(VerificationLink { email: user.email, key }))
}

impl Accounts {
    /// The account whose address a key confirms. The key stays as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown, used or expired key.
    pub async fn account_of_verification(&self, key: &str) -> Result<user::Model> {
        let identity = self.store.identity();
        let user = identity.user_of_link(TokenPurpose::VerifyEmail, &digest(key)).await?;
        user.ok_or(Error::NotFound)
    }

    /// Marks the address of the account as confirmed to which a key was sent.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown, used or expired key.
    pub async fn confirm_address(&self, key: &str) -> Result<()> {
        let changes = self.store.identity().begin().await?;
        let user = changes
            .user_of_link(TokenPurpose::VerifyEmail, &digest(key))
            .await?
            .ok_or(Error::NotFound)?;
        let now = changes.now();
        let user = changes.update_user(user, |row| row.email_verified_at = Set(Some(now))).await?;
        changes.end_links(user.id, TokenPurpose::VerifyEmail).await?;
        changes.commit().await
    }

    /// Has the link sent once more, if there is an unconfirmed account with the address. Says
    /// nothing about it.
    pub async fn ask_for_verification(&self, email: &Address) -> Result<()> {
        let user = self.store.identity().user_at(&email.key()).await?;
        if let Some(user) = user.filter(|user| user.is_active && user.email_verified_at.is_none()) {
            let changes = self.store.identity().begin().await?;
            changes.enqueue(&SendVerification { user: user.id.key() }).await?;
            changes.commit().await?;
        }
        Ok(())
    }
}
