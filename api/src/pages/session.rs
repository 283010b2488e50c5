//! Signing in, up and out.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{FromRequestParts, Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    Violations,
    account::{CodeError, SignedIn, Signup},
};
use entity::user;
use serde::Deserialize;

use super::{
    cookie::Cookie,
    failure::{Failure, Result},
    form::{Form, Input, PASSWORD_HINT, Submission, Ticket},
    layout::Message,
};
use crate::{
    error::Error,
    extract::{Caller, caller_with},
    input::Body,
    limits::Origin,
    resources::account::{registration, session, user_agent},
    state::AppState,
};

/// Who looks at a page, if somebody signed in. A session that has ended is none.
pub(super) struct Visitor(pub(super) Option<Arc<Caller>>);

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self> {
        let token = Cookie::Session.read(&parts.headers, state);
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(Self(None)) };
        match caller_with(token, state).await {
            Ok(caller) => Ok(Self(Some(Arc::new(caller)))),
            Err(Error::TokenNotValid(_)) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }
}

impl Visitor {
    /// The account.
    pub(super) async fn account(&self, state: &AppState) -> Result<Option<user::Model>> {
        let Some(caller) = &self.0 else { return Ok(None) };
        Ok(state.store.identity().user(caller.user()).await?)
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    form: Form,
    notice: &'static str,
    may_sign_up: bool,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage {
    form: Form,
}

/// What happened before somebody came to sign in.
#[derive(Deserialize)]
pub(super) struct Before {
    #[serde(default)]
    after: String,
}

impl Before {
    fn notice(&self) -> &'static str {
        match self.after.as_str() {
            "reset" => "Your new password is saved. Sign in with it.",
            "sign-out" => "You have signed out.",
            _ => "",
        }
    }
}

/// Whether anybody may make an account.
pub(super) fn may_sign_up(state: &AppState) -> bool {
    state.accounts.signup() != Signup::Invited
}

fn sign_in_form(ticket: &Ticket, action: &str, email: Input) -> Form {
    Form::new(ticket, action, "Sign in").with(email).with(Input::password())
}

/// The form of an invited person who has an account.
pub(super) fn sign_in_form_for(ticket: &Ticket, action: &str, email: &str) -> Form {
    sign_in_form(ticket, action, Input::email().filled(email))
}

/// The form for a new account.
pub(super) fn sign_up_form(ticket: &Ticket, action: &str, email: Input) -> Form {
    Form::new(ticket, action, "Create account")
        .with(email)
        .with(Input::new_password("password1", "Password").hint(PASSWORD_HINT))
        .with(Input::new_password("password2", "Repeat the password"))
}

/// A sign-in that was refused: what is wrong, and what the form asks for when it is shown again.
pub(super) struct Refused {
    pub(super) status: StatusCode,
    violations: Violations,
    code: Option<Input>,
}

impl Refused {
    /// Why it was refused; other failures stay what they are.
    pub(super) fn of(error: Error, body: &Body) -> Result<Self> {
        let status = StatusCode::UNAUTHORIZED;
        let code = Some(Input::code());
        match error {
            Error::CodeMissing => Ok(Self { status, violations: Violations::default(), code }),
            Error::CodeWrong => {
                let violations = Violations::of("otp", CodeError::Wrong.to_string());
                Ok(Self { status, violations, code })
            }
            other => {
                let violations = Failure::violations(other)?;
                let code = code.filter(|_| body.get("otp").is_some());
                Ok(Self { status: StatusCode::BAD_REQUEST, violations, code })
            }
        }
    }

    /// The form once more.
    pub(super) fn again(self, form: Form, body: &Body) -> Form {
        let form = match self.code {
            Some(code) => form.with(code),
            None => form,
        };
        form.again(body, &self.violations)
    }
}

pub(super) async fn ask(
    State(state): State<AppState>,
    ticket: Ticket,
    Query(before): Query<Before>,
) -> Response {
    let form = sign_in_form(&ticket, "/sign-in", Input::email());
    let (notice, may_sign_up) = (before.notice(), may_sign_up(&state));
    ticket.page(StatusCode::OK, SignInPage { form, notice, may_sign_up })
}

pub(super) async fn sign_in(
    State(state): State<AppState>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Submission { body, ticket }: Submission,
) -> Result {
    match session::sign_in(&state, &origin, user_agent(&headers), &body).await {
        Ok(signed_in) => Ok(entered(&state, &signed_in, "/")),
        Err(error) => {
            let refused = Refused::of(error, &body)?;
            let status = refused.status;
            let form = refused.again(sign_in_form(&ticket, "/sign-in", Input::email()), &body);
            let page = SignInPage { form, notice: "", may_sign_up: may_sign_up(&state) };
            Ok(ticket.page(status, page))
        }
    }
}

pub(super) async fn ask_new(State(state): State<AppState>, ticket: Ticket) -> Response {
    if !may_sign_up(&state) {
        return Message::new(
            "Accounts are by invitation",
            "Ask somebody in your organization to invite you. The link in the mail leads to a \
             page where you choose a password.",
        )
        .to("/sign-in", "Sign in")
        .answer(StatusCode::OK);
    }
    let form = sign_up_form(&ticket, "/sign-up", Input::email());
    ticket.page(StatusCode::OK, SignUpPage { form })
}

pub(super) async fn sign_up(
    State(state): State<AppState>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Submission { body, ticket }: Submission,
) -> Result {
    match registration::sign_up(&state, &origin, user_agent(&headers), &body).await {
        Ok(signed_in) => Ok(entered(&state, &signed_in, "/")),
        Err(error) => {
            let violations = Failure::violations(error)?;
            let form = sign_up_form(&ticket, "/sign-up", Input::email());
            let form = form.again(&body, &violations);
            Ok(ticket.page(StatusCode::BAD_REQUEST, SignUpPage { form }))
        }
    }
}

pub(super) async fn sign_out(
    State(state): State<AppState>,
    Visitor(caller): Visitor,
    _: Submission,
) -> Result {
    if let Some(caller) = caller {
        state.accounts.sign_out(caller.session()?).await?;
    }
    let mut answer = Redirect::to("/sign-in?after=sign-out").into_response();
    if let Some(cookie) = Cookie::Session.removed(&state) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Leads somebody who has signed in to a page.
pub(super) fn entered(state: &AppState, signed_in: &SignedIn, to: &str) -> Response {
    let mut answer = Redirect::to(to).into_response();
    if let Some(cookie) = Cookie::Session.kept(&signed_in.tokens.access.text, state) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    answer
}
