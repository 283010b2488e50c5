//! Signing in and out, and the tokens of a session.

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use domain::account::{
    SessionError, SignedIn, TokenError, TokenType, api_token::is_api_token, login as rules,
    second_factor::LONGEST_CODE,
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Detail, Session, Tokens, open, user_agent};
use crate::{
    error::{Error, Result},
    extract::{Anyone, session_required},
    input::{Body, Form},
    limits::{Attempt, Origin},
    resource::{answer, json_body, refusal},
    routing::post_with,
    state::AppState,
};

/// Longer than any token.
const LONGEST_TOKEN: usize = 4096;

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/auth/login/",
            post_with(log_in, |operation| {
                json_body::<Credentials>(open(operation, "logIn", "Sign in"))
                    .description(
                        "Where the account has a second factor, a right password is not enough: \
                         send the same once more with `otp`.",
                    )
                    .with(|operation| {
                        let text = "The password is right, and the code of the second factor is \
                                    missing (`second_factor_required`) or wrong \
                                    (`second_factor_invalid`). Or a token was sent and is not \
                                    valid.";
                        refusal(operation, 401, text)
                    })
            }),
        )
        .api_route(
            "/api/auth/logout/",
            post_with(log_out, |operation| {
                json_body::<RefreshToken>(open(operation, "logOut", "Sign out"))
                    .description(
                        "Ends the session of the refresh token, or without one that of the \
                         access token. Both tokens stop working. 401 for a token that is no \
                         token, or not valid any more.",
                    )
                    .with(|operation| {
                        answer::<Spent>(operation, 401, "The token is none, or not valid any more.")
                    })
                    .with(|operation| {
                        refusal(operation, 403, "A personal token was sent. It has no session.")
                    })
            }),
        )
        .api_route(
            "/api/auth/token/refresh/",
            post_with(refresh, |operation| {
                json_body::<RefreshToken>(open(
                    operation,
                    "refreshToken",
                    "Exchange a refresh token for a new pair",
                ))
                .with(|operation| refusal(operation, 401, "The token cannot be used any more."))
            }),
        )
        .api_route(
            "/api/auth/token/verify/",
            post_with(verify, |operation| {
                json_body::<AnyToken>(open(
                    operation,
                    "verifyToken",
                    "Check that a token can be used",
                ))
                .with(|operation| refusal(operation, 401, "The token cannot be used."))
            }),
        )
}

/// Why a session cannot be ended.
#[derive(JsonSchema)]
#[schemars(example = json!({"detail": "Token is invalid"}))]
#[expect(dead_code, reason = "describes an answer")]
struct Spent {
    /// For people.
    detail: String,
    /// Stable, machine readable. Absent for a refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Address and password.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Credentials {
    #[schemars(email)]
    email: String,
    /// Clients without a field for the code send it here: password, blank, code.
    password: String,
    /// Six digits of the app, or a recovery code. Only for accounts with a second factor.
    #[schemars(length(max = 32), example = &"123456")]
    otp: Option<String>,
}

/// A refresh token.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct RefreshToken {
    /// May also be called `refreshToken`.
    refresh: Option<String>,
}

/// A token of either type.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct AnyToken {
    token: String,
}

/// Nothing to say.
#[derive(Serialize, JsonSchema)]
struct Nothing {}

async fn log_in(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Session>> {
    Ok(Json(sign_in(&state, &origin, user_agent(&headers), &body).await?.into()))
}

/// Signs in with `email` and `password`, and `otp` where the account has a second factor.
pub(crate) async fn sign_in(
    state: &AppState,
    origin: &str,
    user_agent: &str,
    body: &Body,
) -> Result<SignedIn> {
    state.limits.admit(Attempt::SignIn, origin).await?;
    let credentials = credentials(body)?;
    let account = credentials.email.key();
    state.limits.admit_to_account(&account, origin).await?;
    let proved = state.accounts.prove(credentials).await.map_err(Error::of_sign_in)?;
    state.limits.admit_proved(&proved).await?;
    let signed_in = state.accounts.log_in(proved, user_agent).await.map_err(Error::of_sign_in)?;
    state.limits.know(&account, origin).await;
    Ok(signed_in)
}

fn credentials(body: &Body) -> Result<rules::Credentials> {
    let mut form = Form::new(body);
    let email = match body.text("email")? {
        Some(_) => form.address("email"),
        None => None,
    };
    let password = form.password_with_code("password");
    let code = form.blankable("otp", LONGEST_CODE).filter(|code| !code.is_empty());
    form.check()?;
    let (Some(email), Some(password)) = (email, password) else {
        let text = "Must include \"email\" and \"password\".";
        return Err(domain::Error::invalid_object(text).into());
    };
    Ok(rules::Credentials { email, password, code })
}

/// Looks at the headers itself: a token of an ended session is no reason to refuse.
async fn log_out(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Detail>> {
    let ended = match (refresh_token(&body)?, bearer(&headers)) {
        (Some(refresh), _) => state.accounts.sign_out_with(&refresh).await,
        (None, Some(token)) if is_api_token(token) => return Err(session_required()),
        (None, Some(access)) => match state.accounts.tokens().read_as(TokenType::Access, access) {
            Ok(claims) => state.accounts.sign_out(&claims).await.map_err(SessionError::from),
            Err(refused) => Err(refused.into()),
        },
        (None, None) => {
            let detail = json!({"detail": "Refresh token was not included in request data."});
            return Err(Error::Answer(StatusCode::UNAUTHORIZED, Box::new(detail)));
        }
    };
    match ended {
        Ok(()) => Ok(Json(Detail { detail: "Successfully logged out." })),
        Err(SessionError::Token(refused)) => Err(Error::Answer(
            StatusCode::UNAUTHORIZED,
            Box::new(json!({"detail": refused.to_string()})),
        )),
        Err(SessionError::Domain(error)) => Err(error.into()),
    }
}

async fn refresh(State(state): State<AppState>, body: Body) -> Result<Json<Tokens>> {
    let Some(token) = refresh_token(&body)? else {
        return Err(not_valid("No valid refresh token found."));
    };
    match state.accounts.refresh(&token).await {
        Ok(pair) => Ok(Json(pair.into())),
        Err(SessionError::Token(refused)) => Err(not_valid(&refused.to_string())),
        Err(SessionError::Domain(error)) => Err(error.into()),
    }
}

async fn verify(State(state): State<AppState>, body: Body) -> Result<Json<Nothing>> {
    let mut form = Form::new(&body);
    let Some(token) = form.required("token", LONGEST_TOKEN) else {
        return Err(form.into_error());
    };
    match state.accounts.verify(&token).await {
        Ok(()) => Ok(Json(Nothing {})),
        Err(SessionError::Token(spent @ TokenError::Spent)) => {
            Err(domain::Error::invalid_object(spent.to_string()).into())
        }
        Err(SessionError::Token(refused)) => Err(not_valid(&refused.to_string())),
        Err(SessionError::Domain(error)) => Err(error.into()),
    }
}

fn refresh_token(body: &Body) -> Result<Option<String>> {
    Ok(match body.text("refresh")? {
        Some(refresh) => Some(refresh),
        None => body.text("refresh_token")?,
    })
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn not_valid(detail: &str) -> Error {
    let body = json!({"detail": detail, "code": "token_not_valid"});
    Error::Answer(StatusCode::UNAUTHORIZED, Box::new(body))
}
