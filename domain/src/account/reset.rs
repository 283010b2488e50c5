//! Setting a new password with a link that is sent by mail.

use chrono::TimeDelta;
use entity::{Id, choice::TokenPurpose, user};

use super::{
    Accounts, Address,
    profile::NewPassword,
    secret::{digest, random_bytes},
};
use crate::{Error, Result, Store, job::mail::SendPasswordReset, text::hexadecimal};

/// How long a link works.
const LIFETIME: TimeDelta = TimeDelta::days(1);
const WRONG_VALUE: &str = "Invalid value";
const RADIX: u32 = 36;

/// The parts of a link, and where to send it.
#[derive(Clone, Debug)]
pub struct ResetLink {
    /// The address of the account.
    pub email: String,
    /// Names the account.
    pub uid: String,
    /// Works once.
    pub token: String,
}

/// What somebody who followed a link sends.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Names the account, as in the link.
    pub uid: String,
    /// The token of the link.
    pub token: String,
    /// The wished password.
    pub new: NewPassword,
}

/// Makes a link for an account; earlier ones stop working. None if the account is gone or disabled.
pub async fn issue(store: &Store, user: Id<user::Entity>) -> Result<Option<ResetLink>> {
    let Some(user) = store.identity().user(user).await?.filter(|user| user.is_active) else {
        return Ok(None);
    };
    let changes = store.identity().begin().await?;
    let now = changes.now();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let token = format!("{}-{}", base36(seconds), hexadecimal(&random_bytes::<16>()));
    changes.add_link(user.id, TokenPurpose::PasswordReset, digest(&token), now + LIFETIME).await?;
    changes.commit().await?;
    let uid = base36(u64::try_from(user.id.key()).unwrap_or_default());
    Ok(Some(ResetLink { email: user.email, uid, token }))
}

impl Accounts {
    /// Has a link sent to the account with the address, if there is one. Says nothing about it.
    pub async fn ask_for_reset(&self, email: &Address) -> Result<()> {
        let user = self.store.identity().user_at(&email.key()).await?;
        if let Some(user) = user.filter(|user| user.is_active) {
            let changes = self.store.identity().begin().await?;
            changes.enqueue(&SendPasswordReset { user: user.id.key() }).await?;
            changes.commit().await?;
        }
        Ok(())
    }

    /// Sets a new password with a link, ends all sessions of the account and removes its personal
    /// tokens: whoever needs a link may have lost the account to somebody.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `uid`, then `token`, then the password.
    pub async fn reset_password(&self, confirmation: Confirmation) -> Result<()> {
        let Confirmation { uid, token, new } = confirmation;
        let user = self.account_of_reset(&uid, &token).await?;
        let hash = self.acceptable_hash(&user, new).await?;

        let changes = self.store.identity().begin().await?;
        // Hashing takes a while; of two who confirm at the same time only one may succeed.
        if changes.user_of_link(TokenPurpose::PasswordReset, &digest(&token)).await?.is_none() {
            return Err(Error::invalid("token", WRONG_VALUE));
        }
        let id = user.id;
        self.set_password(&changes, user, hash).await?;
        changes.end_sessions(id, None).await?;
        changes.remove_api_tokens(id).await?;
        changes.commit().await
    }

    /// The account for which a link sets a new password. The link stays as it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `uid`, then `token`.
    pub async fn account_of_reset(&self, uid: &str, token: &str) -> Result<user::Model> {
        let wrong = || Error::invalid("uid", WRONG_VALUE);
        let key = i64::from_str_radix(uid, RADIX).map_err(|_| wrong())?;
        let user = self.store.identity().user(Id::trusted(key)).await?;
        let user = user.filter(|user| user.is_active).ok_or_else(wrong)?;
        self.require_link(&user, token).await?;
        Ok(user)
    }

    async fn require_link(&self, user: &user::Model, token: &str) -> Result<()> {
        let identity = self.store.identity();
        let holder = identity.user_of_link(TokenPurpose::PasswordReset, &digest(token)).await?;
        if holder.is_some_and(|holder| holder.id == user.id) {
            return Ok(());
        }
        Err(Error::invalid("token", WRONG_VALUE))
    }
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % u64::from(RADIX)).unwrap_or_default();
        digits.extend(char::from_digit(digit, RADIX));
        number /= u64::from(RADIX);
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
