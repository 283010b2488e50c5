//! Signing up and confirming the address.

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::account::{Registration, SignedIn};
use schemars::JsonSchema;

use super::{Detail, Session, open, user_agent};
use crate::{
    error::Result,
    extract::Anyone,
    input::{Body, Form},
    limits::{Attempt, Origin},
    resource::{json_body, refusal},
    routing::post_with,
    state::AppState,
};

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/auth/registration/",
            post_with(register, |operation| {
                let operation = open(operation, "register", "Sign up")
                    .description(
                        "Makes an account and signs it in. A mail asks to confirm the address.",
                    )
                    .response::<201, Json<Session>>();
                json_body::<NewAccount>(operation)
            }),
        )
        .api_route(
            "/api/auth/registration/verify-email/",
            post_with(verify, |operation| {
                json_body::<VerificationKey>(open(
                    operation,
                    "verifyEmail",
                    "Confirm an address with the key from a mail",
                ))
                .with(|operation| refusal(operation, 404, "There is no such key."))
            }),
        )
        .api_route(
            "/api/auth/registration/resend-email/",
            post_with(resend, |operation| {
                let operation = open(operation, "resendVerification", "Send the key once more")
                    .response::<201, Json<Detail>>();
                json_body::<AddressOnly>(operation)
            }),
        )
}

/// A new account.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct NewAccount {
    /// The address if it is missing.
    #[schemars(length(max = 150))]
    username: Option<String>,
    #[schemars(email)]
    email: String,
    /// At least 8 characters, not only digits, not common, not like name or address.
    #[schemars(length(min = 8, max = 128))]
    password1: String,
    /// The same once more.
    password2: String,
}

/// The key from a mail.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct VerificationKey {
    key: String,
}

/// An address.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct AddressOnly {
    #[schemars(email)]
    email: String,
}

async fn register(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Session>)> {
    let signed_in = sign_up(&state, &origin, user_agent(&headers), &body).await?;
    Ok((StatusCode::CREATED, Json(signed_in.into())))
}

/// Makes an account of `email`, `password1` and `password2`, and signs it in.
pub(crate) async fn sign_up(
    state: &AppState,
    origin: &str,
    user_agent: &str,
    body: &Body,
) -> Result<SignedIn> {
    state.limits.admit(Attempt::SignUp, origin).await?;
    let mut form = Form::new(body);
    let username = form.blankable("username", 150).filter(|name| !name.is_empty());
    let email = form.address("email");
    let passwords = (form.password("password1"), form.password("password2"));
    let (Some(email), (Some(password), Some(repeated))) = (email, passwords) else {
        return Err(form.into_error());
    };
    form.check()?;
    let registration = Registration { username, email, password, repeated };
    Ok(state.accounts.register(registration, user_agent).await?)
}

async fn verify(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    body: Body,
) -> Result<Json<Detail>> {
    confirm_address(&state, &origin, &body).await?;
    Ok(Json(Detail { detail: "ok" }))
}

/// Confirms the address to which `key` was sent.
pub(crate) async fn confirm_address(state: &AppState, origin: &str, body: &Body) -> Result<()> {
    state.limits.admit(Attempt::SignIn, origin).await?;
    let mut form = Form::new(body);
    let Some(key) = form.required("key", 200) else { return Err(form.into_error()) };
    Ok(state.accounts.confirm_address(&key).await?)
}

async fn resend(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    body: Body,
) -> Result<(StatusCode, Json<Detail>)> {
    state.limits.admit(Attempt::Mail, &origin).await?;
    let mut form = Form::new(&body);
    let Some(email) = form.address("email") else { return Err(form.into_error()) };
    state.limits.admit(Attempt::MailTo, &email.key()).await?;
    state.accounts.ask_for_verification(&email).await?;
    Ok((StatusCode::CREATED, Json(Detail { detail: "ok" })))
}
