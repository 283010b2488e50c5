//! Signing in with address and password, and with a code where the account has a second factor.

use entity::{choice::TokenPurpose, second_factor};
use sea_orm::ActiveValue::Set;

use super::{
    Accounts, Address, CodeError, Proved, Verdict, second_factor::code_behind, session::SignedIn,
};
use crate::{Error, Result, sharing::invitation, store::Account};

/// What is said about every failed attempt, whatever the reason.
const REFUSED: &str = "Unable to log in with provided credentials.";

/// What somebody gives to sign in.
#[derive(Clone)]
pub struct Credentials {
    /// The address.
    pub email: Address,
    /// The password. Without `code` it may have one at its end, behind a blank.
    pub password: String,
    /// The code of the second factor, or a recovery code.
    pub code: Option<String>,
}

/// A password that is right for the stored hash, and the code that came with it.
struct Match {
    verdict: Verdict,
    password: String,
    code: Option<String>,
}

impl Accounts {
    /// Checks address and password. What comes with them as a code is checked by
    /// [`Accounts::log_in`]. Takes as long for an unknown address as for a wrong password.
    ///
    /// # Errors
    /// [`Error::Invalid`] with one text for every reason. [`CodeError::Missing`] and
    /// [`CodeError::Wrong`] only when the password is right.
    pub async fn prove(&self, credentials: Credentials) -> Result<Proved, CodeError> {
        let account = self.store.identity().account_at(&credentials.email.key()).await?;
        let account = account.filter(|(user, _)| user.is_active);
        let found = self.matched(credentials, account.as_ref()).await?;
        let Some(((user, factor), found)) = account.zip(found) else {
            return Err(Error::invalid_object(REFUSED).into());
        };
        let mut proved = Proved::new(user, factor, found.code.as_deref())?;
        if found.verdict == Verdict::Outdated {
            proved.renewed = Some(self.passwords.hash(found.password).await.map_err(Error::from)?);
        }
        Ok(proved)
    }

    /// Signs in who proved the password, uses up the code, and accepts the invitations that wait
    /// for the address.
    ///
    /// # Errors
    /// [`CodeError::Wrong`] for a wrong code, and one that was used.
    pub async fn log_in(&self, proved: Proved, user_agent: &str) -> Result<SignedIn, CodeError> {
        let changes = self.store.identity().begin().await?;
        self.spend_code(&changes, &proved).await?;
        let now = changes.now();
        let Proved { user, renewed, .. } = proved;
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

    /// The password as it was entered or, for an account with a second factor, without the code at
    /// its end; none if neither is right. What is compared depends on what was entered alone, so
    /// that the time tells nothing about the account.
    async fn matched(
        &self,
        credentials: Credentials,
        account: Option<&Account>,
    ) -> Result<Option<Match>> {
        let Credentials { password, code, .. } = credentials;
        let stored = account.map(|(user, _)| user.password_hash.clone());
        let verdict = self.passwords.verify(password.clone(), stored.clone()).await?;
        if verdict != Verdict::Wrong {
            return Ok(Some(Match { verdict, password, code }));
        }
        let behind = if code.is_none() { code_behind(&password) } else { None };
        let Some((before, code)) = behind else { return Ok(None) };
        let verdict = self.passwords.verify(before.to_owned(), stored).await?;
        let asked = account.is_some_and(|(_, factor)| {
            factor.as_ref().is_some_and(second_factor::Model::is_enabled)
        });
        if verdict == Verdict::Wrong || !asked {
            return Ok(None);
        }
        Ok(Some(Match { verdict, password: before.to_owned(), code: Some(code.to_owned()) }))
    }
}
