//! Accounts and tokens.

mod api_tokens;
pub(crate) mod password;
mod profile;
mod qr_code;
pub(crate) mod registration;
mod second_factor;
pub(crate) mod session;

use aide::{axum::ApiRouter, openapi::Operation, transform::TransformOperation};
use axum::http::{HeaderMap, header};
use domain::account::{SignedIn, session::Pair};
use entity::user;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{state::AppState, wire::Timestamp};

/// The group of these operations in the API document.
const TAG: &str = "Accounts";

/// All routes of accounts and tokens.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(registration::routes())
        .merge(session::routes())
        .merge(profile::routes())
        .merge(password::routes())
        .merge(second_factor::routes())
        .merge(api_tokens::routes())
}

/// Who somebody is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    /// Id of the user.
    pk: i64,
    /// The name to sign in with.
    username: String,
    /// The address.
    #[schemars(email)]
    email: String,
    first_name: String,
    last_name: String,
}

impl From<user::Model> for User {
    fn from(user: user::Model) -> Self {
        Self {
            pk: user.id.key(),
            username: user.username,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
        }
    }
}

/// A pair of tokens; each under two names.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    /// For the header `Authorization: Bearer`. Valid for 60 minutes.
    access: String,
    /// To be exchanged for a new pair, once. Valid for 7 days.
    refresh: String,
    /// The same as `access`.
    access_token: String,
    /// The same as `refresh`.
    refresh_token: String,
    /// When the access token ends.
    access_expiration: Timestamp,
    /// When the refresh token ends.
    refresh_expiration: Timestamp,
}

impl From<Pair> for Tokens {
    fn from(pair: Pair) -> Self {
        Self {
            access_token: pair.access.text.clone(),
            refresh_token: pair.refresh.text.clone(),
            access: pair.access.text,
            refresh: pair.refresh.text,
            access_expiration: pair.access.expires.into(),
            refresh_expiration: pair.refresh.expires.into(),
        }
    }
}

/// A new session.
#[derive(Debug, Serialize, JsonSchema)]
struct Session {
    #[serde(flatten)]
    tokens: Tokens,
    user: User,
}

impl From<SignedIn> for Session {
    fn from(signed_in: SignedIn) -> Self {
        Self { tokens: signed_in.tokens.into(), user: signed_in.user.into() }
    }
}

/// An answer in words.
#[derive(Debug, Serialize, JsonSchema)]
struct Detail {
    /// For people.
    detail: &'static str,
}

/// What the client says it is.
pub(crate) fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Describes an operation that needs no token.
fn open<'t>(operation: TransformOperation<'t>, id: &str, summary: &str) -> TransformOperation<'t> {
    let mut operation = operation.id(id).tag(TAG).summary(summary);
    let Operation { security, .. } = operation.inner_mut();
    security.clear();
    operation
}
