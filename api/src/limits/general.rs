//! The limit of all requests, and the headers that tell about it
//! (draft-ietf-httpapi-ratelimit-headers).

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::account::{TokenType, api_token::is_api_token};

use super::{Attempt, Left, origin_of};
use crate::{
    error::Result,
    extract::{bearer, caller},
    state::AppState,
};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a request for its user, or for the place from which it comes, and refuses it if there
/// were too many.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/health/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let (attempt, counted) = count(&mut parts, &state).await;
    let api_token = api_token(&parts.headers).map(str::to_owned);
    let (mut response, left) = match counted {
        Ok(left) => (next.run(Request::from_parts(parts, body)).await, left),
        Err(refused) => {
            let none = Left { attempts: 0, whole_in: attempt.allowance().1 };
            (refused.into_response(), Some(none))
        }
    };
    if response.status() == StatusCode::UNAUTHORIZED
        && let Some(token) = api_token
    {
        state.limits.holders.forget(&token);
    }
    if let Some(left) = left {
        tell(response.headers_mut(), attempt, left);
    }
    response
}

/// Counts a request for whoever sends it.
async fn count(parts: &mut Parts, state: &AppState) -> (Attempt, Result<Option<Left>>) {
    if let Some(user) = user(&parts.headers, state) {
        return (Attempt::OfUser, state.limits.count(Attempt::OfUser, &user).await);
    }
    let origin = origin_of(&parts.headers, &parts.extensions, &state.settings);
    let origin = origin.unwrap_or_default();
    let counted = state.limits.count(Attempt::FromAddress, &origin).await;
    // Made-up tokens cost a look at the database each, so they may only be tried as often as
    // anything that strangers send.
    let Ok(Some(_)) = &counted else { return (Attempt::FromAddress, counted) };
    match holder(parts, state).await {
        Some(user) => (Attempt::OfUser, state.limits.count(Attempt::OfUser, &user).await),
        None => (Attempt::FromAddress, counted),
    }
}

/// Whose token a request carries. Says nothing about the session: that is looked up later.
fn user(headers: &HeaderMap, state: &AppState) -> Option<String> {
    let token = bearer(headers).ok()??;
    if is_api_token(token) {
        return state.limits.holders.user(token);
    }
    let claims = state.accounts.tokens().read_as(TokenType::Access, token).ok()?;
    Some(claims.user_id.to_string())
}

/// Looks up whose personal token a request carries, for this request and for counting the next.
async fn holder(parts: &mut Parts, state: &AppState) -> Option<String> {
    let token = api_token(&parts.headers)?.to_owned();
    let user = caller(parts, state).await.ok()??.user().to_string();
    state.limits.holders.learn(&token, user.clone());
    Some(user)
}

fn api_token(headers: &HeaderMap) -> Option<&str> {
    bearer(headers).ok()?.filter(|token| is_api_token(token))
}

fn tell(headers: &mut HeaderMap, attempt: Attempt, left: Left) {
    let (quota, window) = attempt.allowance();
    let name = attempt.name();
    let policy = format!("\"{name}\";q={quota};w={}", window.as_secs());
    let rest = format!("\"{name}\";r={};t={}", left.attempts, left.whole_in.as_secs() + 1);
    for (name, value) in [(POLICY, policy), (LEFT, rest)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.entry(name).or_insert(value);
        }
    }
}
