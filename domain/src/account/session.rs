//! Sessions: what a pair of tokens stands for, from signing in to signing out.

use chrono::{DateTime, Utc};
use entity::{Id, session, user};
use uuid::Uuid;

use super::{
    Accounts, Claims, TokenError, TokenType,
    secret::{digest, same},
    token::{Issued, REFRESH_LIFETIME},
};
use crate::{Error, Result, store::IdentityChanges};

/// Longest description of a client that is kept with a session.
const LONGEST_USER_AGENT: usize = 300;

/// A new pair of tokens.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Authenticates requests.
    pub access: Issued,
    /// Is exchanged for the next pair.
    pub refresh: Issued,
}

/// A user who just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub user: user::Model,
    /// The tokens of the new session.
    pub tokens: Pair,
}

/// Why a token did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The token is refused.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Something else went wrong.
    #[error(transparent)]
    Domain(#[from] Error),
}

impl Accounts {
    /// Exchanges a refresh token for a new pair. The old one is spent.
    ///
    /// # Errors
    /// [`TokenError`] for anything but the current refresh token of a live session.
    pub async fn refresh(&self, refresh: &str) -> Result<Pair, SessionError> {
        let claims = self.tokens.read_as(TokenType::Refresh, refresh)?;
        if self.store.identity().actor(&claims).await?.is_none() {
            return Err(TokenError::Spent.into());
        }
        let changes = self.store.identity().begin().await?;
        let next = Uuid::new_v4();
        let rotated = changes
            .rotate_session(
                claims.session(),
                &refresh_hash(claims.jti),
                &refresh_hash(next),
                changes.now() + REFRESH_LIFETIME,
            )
            .await?;
        if !rotated {
            return Err(TokenError::Spent.into());
        }
        changes.commit().await?;
        Ok(self.pair(claims.session(), claims.user(), next))
    }

    /// Checks that a token of either type can be used.
    ///
    /// # Errors
    /// [`TokenError`] if it cannot.
    pub async fn verify(&self, token: &str) -> Result<(), SessionError> {
        let claims = self.tokens.read(token)?;
        if self.store.identity().actor(&claims).await?.is_none() {
            return Err(TokenError::Spent.into());
        }
        if claims.token_type == TokenType::Refresh {
            self.require_current(&claims).await?;
        }
        Ok(())
    }

    /// Ends the session of a refresh token, with its access token.
    ///
    /// # Errors
    /// [`TokenError`] for anything but the current refresh token of a live session.
    pub async fn sign_out_with(&self, refresh: &str) -> Result<(), SessionError> {
        let claims = self.tokens.read_as(TokenType::Refresh, refresh)?;
        self.require_current(&claims).await?;
        if self.end(claims.session()).await? {
            return Ok(());
        }
        Err(TokenError::Spent.into())
    }

    /// Ends the session of a caller.
    pub async fn sign_out(&self, caller: &Claims) -> Result<()> {
        self.end(caller.session()).await?;
        Ok(())
    }

    /// Begins a session within changes to the account.
    pub(super) async fn begin_session(
        &self,
        changes: &IdentityChanges<'_>,
        user: Id<user::Entity>,
        user_agent: &str,
    ) -> Result<Pair> {
        let jti = Uuid::new_v4();
        let expires: DateTime<Utc> = changes.now() + REFRESH_LIFETIME;
        let user_agent = user_agent.chars().take(LONGEST_USER_AGENT).collect();
        let session = changes.add_session(user, refresh_hash(jti), user_agent, expires).await?;
        Ok(self.pair(session, user, jti))
    }

    async fn require_current(&self, claims: &Claims) -> Result<(), SessionError> {
        let session = self.store.identity().session(claims.session()).await?;
        let current = session.is_some_and(|session| {
            session.revoked_at.is_none() && same(&session.refresh_hash, &refresh_hash(claims.jti))
        });
        if current { Ok(()) } else { Err(TokenError::Spent.into()) }
    }

    async fn end(&self, session: Id<session::Entity>) -> Result<bool> {
        let changes = self.store.identity().begin().await?;
        let ended = changes.end_session(session).await?;
        changes.commit().await?;
        Ok(ended)
    }

    fn pair(&self, session: Id<session::Entity>, user: Id<user::Entity>, jti: Uuid) -> Pair {
        Pair {
            access: self.tokens.issue(TokenType::Access, Uuid::new_v4(), session, user),
            refresh: self.tokens.issue(TokenType::Refresh, jti, session, user),
        }
    }
}

fn refresh_hash(jti: Uuid) -> String {
    digest(&jti.to_string())
}
