//! The second factor of an account: codes of an app, and recovery codes.

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{Json, extract::State};
use domain::{
    account::{
        CodeError, Proved,
        second_factor::{self as rules, LONGEST_CODE},
    },
    permission::ManageAccount,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Detail, TAG, qr_code};
use crate::{
    error::{Error, Result},
    extract::Allowed,
    input::{Body, Form},
    limits::Attempt,
    resource::{json_body, refusal},
    routing::{get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/auth/second-factor/",
            get_with(read, describe_read).merge(post_with(begin, describe_begin)),
        )
        .api_route("/api/auth/second-factor/confirm/", post_with(confirm, describe_confirm))
        .api_route("/api/auth/second-factor/recovery-codes/", post_with(renew, describe_renew))
        .api_route("/api/auth/second-factor/disable/", post_with(disable, describe_disable))
}

fn describe_read(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    operation.id("getSecondFactor").tag(TAG).summary("Read how it stands with the second factor")
}

fn describe_begin(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation =
        operation.id("beginSecondFactor").tag(TAG).summary("Begin a second factor").description(
            "Answers what an app for codes (TOTP, RFC 6238) needs, this once. Nothing changes at \
             sign-in until a first code is confirmed. Beginning again forgets what was begun.",
        );
    refusal(json_body::<CurrentPassword>(operation), 409, "There is a second factor already.")
}

fn describe_confirm(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = operation
        .id("confirmSecondFactor")
        .tag(TAG)
        .summary("Enable the second factor with a first code")
        .description(
            "Answers ten recovery codes, this once. Each signs in once in place of a code. Ends \
             all other sessions of the account; a mail tells its owner.",
        );
    refusal(json_body::<FirstCode>(operation), 409, "Nothing was begun, or it is enabled.")
}

fn describe_renew(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = operation
        .id("renewRecoveryCodes")
        .tag(TAG)
        .summary("Have ten new recovery codes")
        .description("Older ones stop working.");
    refusal(json_body::<PasswordAndCode>(operation), 409, NONE)
}

fn describe_disable(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let operation = operation
        .id("disableSecondFactor")
        .tag(TAG)
        .summary("Remove the second factor")
        .description("Ends all other sessions of the account; a mail tells its owner.");
    refusal(json_body::<PasswordAndCode>(operation), 409, NONE)
}

const NONE: &str = "There is no second factor.";

/// How it stands with a second factor.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecondFactor {
    /// Since when a code is asked for at sign-in. Null if none is.
    enabled_at: Option<Timestamp>,
    /// Recovery codes that were not used yet.
    recovery_codes_left: u64,
}

impl From<rules::Standing> for SecondFactor {
    fn from(standing: rules::Standing) -> Self {
        Self {
            enabled_at: standing.enabled_at.map(Timestamp),
            recovery_codes_left: standing.recovery_codes_left,
        }
    }
}

/// What an app for codes needs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BegunSecondFactor {
    /// The secret in Base32, to be typed.
    #[schemars(example = &"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The secret as an address that apps open.
    #[schemars(example = &"otpauth://totp/Forewarn:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Forewarn")]
    otpauth_url: String,
    /// The address as a QR code: a picture in SVG.
    #[schemars(example = &"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 53 53\">…</svg>")]
    qr_code: String,
}

/// Codes that sign in once each.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RecoveryCodes {
    /// To be kept where they are found without the app. They are not shown again.
    #[schemars(example = &["ABCD-EFGH-IJKL-MNOP-QRST-UVWX"])]
    recovery_codes: Vec<String>,
}

/// The own password.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct CurrentPassword {
    /// The current password.
    password: String,
}

/// A code of the app that took over the secret.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct FirstCode {
    /// Six digits.
    #[schemars(length(max = 32), example = &"123456")]
    code: String,
}

/// The own password, and a code.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct PasswordAndCode {
    /// The current password.
    password: String,
    /// Six digits of the app, or a recovery code.
    #[schemars(length(max = 32), example = &"123456")]
    code: String,
}

async fn read(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
) -> Result<Json<SecondFactor>> {
    Ok(Json(state.accounts.second_factor(caller.session()?).await?.into()))
}

async fn begin(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<BegunSecondFactor>> {
    let mut form = Form::new(&body);
    let Some(password) = form.password("password") else { return Err(form.into_error()) };
    state.limits.admit(Attempt::SignInFrom, &caller.user().to_string()).await?;
    let begun = state.accounts.begin_second_factor(caller.session()?, password).await?;
    let qr_code = qr_code::svg(&begun.address)?;
    Ok(Json(BegunSecondFactor { secret: begun.secret, otpauth_url: begun.address, qr_code }))
}

async fn confirm(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<RecoveryCodes>> {
    let mut form = Form::new(&body);
    let Some(code) = form.required("code", LONGEST_CODE) else { return Err(form.into_error()) };
    state.limits.admit_code(caller.user()).await?;
    let confirmed = state.accounts.confirm_second_factor(caller.session()?, &code).await;
    Ok(Json(RecoveryCodes { recovery_codes: confirmed.map_err(of_code)? }))
}

async fn renew(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<RecoveryCodes>> {
    let proved = proved(&state, &caller, &body).await?;
    let renewed = state.accounts.renew_recovery_codes(proved).await;
    Ok(Json(RecoveryCodes { recovery_codes: renewed.map_err(of_code)? }))
}

async fn disable(
    State(state): State<AppState>,
    caller: Allowed<ManageAccount>,
    body: Body,
) -> Result<Json<Detail>> {
    let proved = proved(&state, &caller, &body).await?;
    state.accounts.end_second_factor(caller.session()?, proved).await.map_err(of_code)?;
    Ok(Json(Detail { detail: "The second factor has been removed." }))
}

/// The caller with `password` proved and `code` counted as an attempt.
async fn proved(state: &AppState, caller: &Allowed<ManageAccount>, body: &Body) -> Result<Proved> {
    let mut form = Form::new(body);
    let fields = (form.password("password"), form.required("code", LONGEST_CODE));
    let (Some(password), Some(code)) = fields else { return Err(form.into_error()) };
    state.limits.admit(Attempt::SignInFrom, &caller.user().to_string()).await?;
    let proved = state.accounts.prove_own(caller.session()?, password, &code).await;
    let proved = proved.map_err(of_code)?;
    state.limits.admit_proved(&proved).await?;
    Ok(proved)
}

/// A caller has signed in, so a wrong code is a wrong field.
fn of_code(error: CodeError) -> Error {
    match error {
        CodeError::Domain(error) => error.into(),
        other => domain::Error::invalid("code", other.to_string()).into(),
    }
}
