//! Changing a password, and setting a new one by mail.

use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    account::{profile::NewPassword, reset::Confirmation},
    permission::ManageAccount,
};
use schemars::JsonSchema;

use super::{Detail, TAG, open, registration::AddressOnly};
use crate::{
    error::Result,
    extract::{Allowed, Anyone},
    input::{Body, Form},
    limits::{Attempt, Origin},
    resource::json_body,
    routing::post_with,
    state::AppState,
};

/// Longer than any token of a link.
const LONGEST_TOKEN: usize = 200;

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/auth/password/change/",
            post_with(change, |operation| {
                let operation = operation
                    .id("changePassword")
                    .tag(TAG)
                    .summary("Change the own password")
                    .description(
                        "Ends all other sessions of the account. Personal tokens go on to work: \
                         delete those that somebody else may know.",
                    );
                json_body::<Change>(operation)
            }),
        )
        .api_route(
            "/api/auth/password/reset/",
            post_with(ask, |operation| {
                json_body::<AddressOnly>(open(
                    operation,
                    "requestPasswordReset",
                    "Have a link sent for a new password",
                ))
                .description("The answer does not tell whether there is such an account.")
            }),
        )
        .api_route(
            "/api/auth/password/reset/confirm/",
            post_with(confirm, |operation| {
                json_body::<Reset>(open(
                    operation,
                    "confirmPasswordReset",
                    "Set a new password with a link",
                ))
                .description(
                    "Ends all sessions of the account and deletes its personal tokens. A link \
                     works once.",
                )
            }),
        )
}

/// A new password for the caller.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Change {
    /// Checked when it is given.
    old_password: Option<String>,
    #[schemars(length(min = 8, max = 128))]
    new_password1: String,
    /// The same once more.
    #[schemars(length(min = 8, max = 128))]
    new_password2: String,
}

/// A new password and the parts of a link.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct Reset {
    uid: String,
    token: String,
    #[schemars(length(min = 8, max = 128))]
    new_password1: String,
    /// The same once more.
    #[schemars(length(min = 8, max = 128))]
    new_password2: String,
}

async fn change(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<Detail>> {
    let mut form = Form::new(&body);
    let old = body.get("old_password").and_then(|_| form.password("old_password"));
    let Some(new) = new_password(&mut form) else { return Err(form.into_error()) };
    form.check()?;
    if old.is_some() {
        state.limits.admit(Attempt::SignInFrom, &caller.user().to_string()).await?;
    }
    state.accounts.change_password(caller.session()?, old, new).await?;
    Ok(Json(Detail { detail: "New password has been saved." }))
}

async fn ask(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    body: Body,
) -> Result<Json<Detail>> {
    ask_for_reset(&state, &origin, &body).await?;
    Ok(Json(Detail { detail: "Password reset e-mail has been sent." }))
}

/// Has a link sent to the address in `email`.
pub(crate) async fn ask_for_reset(state: &AppState, origin: &str, body: &Body) -> Result<()> {
    state.limits.admit(Attempt::Mail, origin).await?;
    let mut form = Form::new(body);
    let Some(email) = form.address("email") else { return Err(form.into_error()) };
    state.limits.admit(Attempt::MailTo, &email.key()).await?;
    Ok(state.accounts.ask_for_reset(&email).await?)
}

async fn confirm(
    State(state): State<AppState>,
    _: Anyone,
    Origin(origin): Origin,
    body: Body,
) -> Result<Json<Detail>> {
    reset(&state, &origin, &body).await?;
    Ok(Json(Detail { detail: "Password has been reset with the new password." }))
}

/// Sets the password in `new_password1` with the link of `uid` and `token`.
pub(crate) async fn reset(state: &AppState, origin: &str, body: &Body) -> Result<()> {
    state.limits.admit(Attempt::SignIn, origin).await?;
    let mut form = Form::new(body);
    let new = new_password(&mut form);
    let link = (form.required("uid", LONGEST_TOKEN), form.required("token", LONGEST_TOKEN));
    let (Some(new), (Some(uid), Some(token))) = (new, link) else {
        return Err(form.into_error());
    };
    Ok(state.accounts.reset_password(Confirmation { uid, token, new }).await?)
}

fn new_password(form: &mut Form<'_>) -> Option<NewPassword> {
    let (password, repeated) = (form.password("new_password1"), form.password("new_password2"));
    Some(NewPassword { password: password?, repeated: repeated? })
}
