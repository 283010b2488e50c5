//! Access and refresh tokens: signed statements about a session.

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Id, session, user};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::secret::Secrets;
use crate::clock::Clock;

/// How long an access token is valid.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(60);
/// How long a refresh token is valid, and with it a session that nobody uses.
pub const REFRESH_LIFETIME: TimeDelta = TimeDelta::days(7);

/// What a token is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// Authenticates requests.
    Access,
    /// Is exchanged for a new pair, once.
    Refresh,
}

impl TokenType {
    /// How long a token of this type is valid.
    pub const fn lifetime(self) -> TimeDelta {
        match self {
            Self::Access => ACCESS_LIFETIME,
            Self::Refresh => REFRESH_LIFETIME,
        }
    }
}

/// What a token states. Times are seconds since the Unix epoch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Claims {
    /// What the token is for.
    pub token_type: TokenType,
    /// End of validity.
    pub exp: i64,
    /// Time of issue.
    pub iat: i64,
    /// Id of the token.
    pub jti: Uuid,
    /// Key of the session.
    pub sid: i64,
    /// Key of the user.
    pub user_id: i64,
}

impl Claims {
    /// The session, which the signature vouches for.
    pub const fn session(&self) -> Id<session::Entity> {
        Id::trusted(self.sid)
    }

    /// The user, whom the signature vouches for.
    pub const fn user(&self) -> Id<user::Entity> {
        Id::trusted(self.user_id)
    }
}

/// Why a token is refused. The texts are part of the API.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of this product.
    #[error("Token is invalid")]
    Invalid,
    /// Its time is over.
    #[error("Token is expired")]
    Expired,
    /// An access token where a refresh token is needed, or the other way round.
    #[error("Token has wrong type")]
    WrongType,
    /// Used already, or its session has ended.
    #[error("Token is blacklisted")]
    Spent,
}

/// A signed token and when it ends.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token as clients get it.
    pub text: String,
    /// End of validity.
    pub expires: DateTime<Utc>,
}

/// Signs and reads tokens (JWT, HS256).
pub struct Tokens {
    keys: Vec<TokenKey>,
    validation: Validation,
    clock: Clock,
}

struct TokenKey {
    id: String,
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl Tokens {
    /// Signs with the first secret, understands all.
    pub fn new(secrets: &Secrets, clock: Clock) -> Self {
        let keys = secrets.derived("session tokens").into_iter().map(|derived| TokenKey {
            signing: EncodingKey::from_secret(&derived.bytes),
            verifying: DecodingKey::from_secret(&derived.bytes),
            id: derived.id,
        });
        let mut validation = Validation::new(Algorithm::HS256);
        // The library only knows the system clock; `read` checks the time itself.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        Self { keys: keys.collect(), validation, clock }
    }

    /// Signs a token for a session, valid from now on.
    pub fn issue(
        &self,
        token_type: TokenType,
        jti: Uuid,
        session: Id<session::Entity>,
        user: Id<user::Entity>,
    ) -> Issued {
        let key = &self.keys[0];
        let now = self.clock.now();
        let expires = now + token_type.lifetime();
        let claims = Claims {
            token_type,
            exp: expires.timestamp(),
            iat: now.timestamp(),
            jti,
            sid: session.key(),
            user_id: user.key(),
        };
        let header = Header { kid: Some(key.id.clone()), ..Header::new(Algorithm::HS256) };
        let text = jsonwebtoken::encode(&header, &claims, &key.signing)
            .expect("claims of numbers and texts can be signed");
        Issued { text, expires }
    }

    /// Reads a token of either type; says nothing about its session.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] or [`TokenError::Expired`].
    pub fn read(&self, text: &str) -> Result<Claims, TokenError> {
        let header = jsonwebtoken::decode_header(text).map_err(|_| TokenError::Invalid)?;
        let key = self
            .keys
            .iter()
            .find(|key| Some(&key.id) == header.kid.as_ref())
            .ok_or(TokenError::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(text, &key.verifying, &self.validation)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.exp <= self.clock.now().timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Reads a token that must be of a type.
    ///
    /// # Errors
    /// As [`Tokens::read`], and [`TokenError::WrongType`].
    pub fn read_as(&self, token_type: TokenType, text: &str) -> Result<Claims, TokenError> {
        let claims = self.read(text)?;
        if claims.token_type == token_type { Ok(claims) } else { Err(TokenError::WrongType) }
    }
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Tokens({} keys hidden)", self.keys.len())
    }
}
