//! Personal tokens, with which programs act in the name of a user.

use chrono::TimeDelta;
use entity::{Actor, Id, Ref, api_token, choice::TokenScope, user};

use super::{
    Accounts, Claims, SessionError, TokenError,
    secret::{digest, random_token},
};
use crate::{
    Error, Refusal, Result,
    store::{Grant, NewApiToken},
};

/// How every token begins, so that scanners for secrets know it.
pub const PREFIX: &str = "fwt_";

/// For how many days a token is valid if nobody says otherwise.
pub const USUAL_DAYS: i64 = 90;
/// The longest time for which a token can be made, days.
pub const MOST_DAYS: i64 = 365;

/// How many tokens that have not expired a user may have.
pub const MOST_LIVE: u64 = 50;

/// Letters of a token that are kept and shown: the prefix and four more.
const SHOWN: usize = PREFIX.len() + 4;

/// What a user wants a token to be.
#[derive(Clone, Debug)]
pub struct TokenWish {
    /// What to call it.
    pub name: String,
    /// What it shall be good for.
    pub scope: TokenScope,
    /// For how many days from now.
    pub days: i64,
}

/// A new token: the only time that its text is there.
pub struct CreatedToken {
    /// What is kept of it.
    pub row: api_token::Model,
    /// The token itself.
    pub text: String,
}

/// Whether a text looks like a personal token.
pub fn is_api_token(text: &str) -> bool {
    text.starts_with(PREFIX)
}

impl Accounts {
    /// The tokens of a user, latest first.
    pub async fn api_tokens(&self, user: Id<user::Entity>) -> Result<Vec<api_token::Model>> {
        self.store.identity().api_tokens(user).await
    }

    /// Makes a token for a caller.
    ///
    /// # Errors
    /// [`Error::Refused`] if the user has as many as one may have, [`Error::Forbidden`] if the
    /// session has ended meanwhile.
    pub async fn create_api_token(&self, caller: &Claims, wish: TokenWish) -> Result<CreatedToken> {
        let user = caller.user();
        let changes = self.store.identity().begin().await?;
        let live = changes.hold_live_tokens(user).await?;
        // Whoever had to wait for the row may have waited for a new password, which ends sessions.
        if !changes.is_live(caller.session()).await? {
            return Err(Error::forbidden());
        }
        if live >= MOST_LIVE {
            let text = format!("You have {MOST_LIVE} tokens already. Delete one that is not used.");
            return Err(Error::Refused(Refusal::Conflict, text));
        }
        let text = format!("{PREFIX}{}", random_token());
        let new = NewApiToken {
            name: wish.name,
            scope: wish.scope,
            token_hash: digest(&text),
            prefix: text.chars().take(SHOWN).collect(),
            expires_at: changes.now() + TimeDelta::days(wish.days),
        };
        let row = changes.add_api_token(user, new).await?;
        changes.commit().await?;
        Ok(CreatedToken { row, text })
    }

    /// Deletes a token of a user. It is refused from then on.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such token.
    pub async fn delete_api_token(
        &self,
        user: Id<user::Entity>,
        token: Ref<api_token::Entity>,
    ) -> Result<()> {
        let changes = self.store.identity().begin().await?;
        changes.remove_api_token(user, token).await?;
        changes.commit().await
    }

    /// Who uses a token, and what it lets him do. Notes the use now and then.
    ///
    /// # Errors
    /// [`TokenError`] if there is no such token, it has expired, or its user is disabled.
    pub async fn use_api_token(&self, text: &str) -> Result<(Actor, Grant), SessionError> {
        let held = self.store.identity().token_holder(&digest(text)).await?;
        let (actor, grant) = held.ok_or(TokenError::Invalid)?;
        if grant.expires_at <= self.store.clock().now() {
            return Err(TokenError::Expired.into());
        }
        if let Err(error) = self.store.identity().note_use(&grant).await {
            tracing::warn!(%error, "the use of a personal token was not noted");
        }
        Ok((actor, grant))
    }

    /// What the user of a token may do by now; none if token or account has ended.
    pub async fn still_granted(&self, grant: &Grant) -> Result<Option<Actor>> {
        if grant.expires_at <= self.store.clock().now() {
            return Ok(None);
        }
        let held = self.store.identity().token_holder_again(grant).await?;
        Ok(held.map(|(actor, _)| actor))
    }
}
