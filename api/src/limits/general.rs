//! The limit of all requests, and the headers that tell about it
//! (draft-ietf-httpapi-ratelimit-headers).

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::account::TokenType;

use super::{Attempt, Left, origin_of};
use crate::state::AppState;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts a request for its user, or for the place from which it comes, and refuses it if there
/// were too many.
pub(crate) async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with("/health/") {
        return next.run(request).await;
    }
    let (attempt, whom) = if let Some(user) = user(request.headers(), &state) {
        (Attempt::OfUser, user)
    } else {
        let origin = origin_of(request.headers(), request.extensions(), &state.settings);
        (Attempt::FromAddress, origin.unwrap_or_default())
    };
    let (mut response, left) = match state.limits.count(attempt, &whom).await {
        Ok(left) => (next.run(request).await, left),
        Err(refused) => {
            let none = Left { attempts: 0, whole_in: attempt.allowance().1 };
            (refused.into_response(), Some(none))
        }
    };
    if let Some(left) = left {
        tell(response.headers_mut(), attempt, left);
    }
    response
}

/// Whose token a request carries. Says nothing about the session: that is looked up later.
fn user(headers: &HeaderMap, state: &AppState) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, token) = value.split_once(' ')?;
    let claims = state.accounts.tokens().read_as(TokenType::Access, token.trim()).ok()?;
    Some(claims.user_id.to_string())
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
