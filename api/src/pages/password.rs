//! Asking for a link and choosing a new password with it.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use domain::Violations;
use serde::Deserialize;

use super::{
    failure::{Failure, Result},
    form::{Form, Input, PASSWORD_HINT, Submission, Ticket},
    layout::Message,
};
use crate::{
    limits::{Attempt, Origin},
    resources::account::password as rules,
    state::AppState,
};

#[derive(Template)]
#[template(path = "forgot_password.html")]
struct ForgotPage {
    form: Form,
}

#[derive(Template)]
#[template(path = "reset_password.html")]
struct ResetPage {
    form: Form,
}

/// The parts of a link.
#[derive(Deserialize)]
pub(super) struct Link {
    uid: String,
    token: String,
}

fn asking(ticket: &Ticket) -> Form {
    Form::new(ticket, "/forgot-password", "Send the link").with(Input::email())
}

pub(super) async fn ask(ticket: Ticket) -> Response {
    let form = asking(&ticket);
    ticket.page(StatusCode::OK, ForgotPage { form })
}

pub(super) async fn send(
    State(state): State<AppState>,
    Origin(origin): Origin,
    Submission { body, ticket }: Submission,
) -> Result {
    match rules::ask_for_reset(&state, &origin, &body).await {
        Ok(()) => Ok(Redirect::to("/forgot-password/sent").into_response()),
        Err(error) => {
            let form = asking(&ticket).again(&body, &Failure::violations(error)?);
            Ok(ticket.page(StatusCode::BAD_REQUEST, ForgotPage { form }))
        }
    }
}

pub(super) async fn sent() -> Response {
    Message::new(
        "Look into your mailbox",
        "If there is an account with the address, a mail with a link is on its way. The link works \
         once and for one day.",
    )
    .and("Nothing there after some minutes? Look among the spam, or check the address.")
    .to("/forgot-password", "Try another address")
    .answer(StatusCode::OK)
}

pub(super) async fn choose(
    State(state): State<AppState>,
    Origin(origin): Origin,
    ticket: Ticket,
    Path(link): Path<Link>,
) -> Result {
    state.limits.admit(Attempt::SignIn, &origin).await?;
    match state.accounts.account_of_reset(&link.uid, &link.token).await {
        Ok(user) => {
            let form = choosing(&ticket, &link, &user.email);
            Ok(ticket.page(StatusCode::OK, ResetPage { form }))
        }
        Err(error) => {
            Failure::violations(error.into())?;
            Ok(useless())
        }
    }
}

pub(super) async fn save(
    State(state): State<AppState>,
    Origin(origin): Origin,
    Path(link): Path<Link>,
    submission: Submission,
) -> Result {
    let Submission { body, ticket } =
        submission.knowing("uid", &link.uid).knowing("token", &link.token);
    let Err(error) = rules::reset(&state, &origin, &body).await else {
        return Ok(Redirect::to("/sign-in?after=reset").into_response());
    };
    let violations = Failure::violations(error)?;
    if concerns_link(&violations) {
        return Ok(useless());
    }
    let user = state.accounts.account_of_reset(&link.uid, &link.token).await?;
    let form = choosing(&ticket, &link, &user.email).again(&body, &violations);
    Ok(ticket.page(StatusCode::BAD_REQUEST, ResetPage { form }))
}

fn choosing(ticket: &Ticket, link: &Link, email: &str) -> Form {
    let action = format!("/reset-password/{}/{}", link.uid, link.token);
    Form::new(ticket, action, "Save the password")
        .with(Input::email().fixed(email))
        .with(Input::new_password("new_password1", "New password").hint(PASSWORD_HINT))
        .with(Input::new_password("new_password2", "Repeat the new password"))
}

fn concerns_link(violations: &Violations) -> bool {
    violations.contains("uid") || violations.contains("token")
}

fn useless() -> Response {
    Message::new(
        "This link does not work any more",
        "A link for a new password works once, for one day, and only until a newer one is sent or \
         somebody signs in. Your password is unchanged.",
    )
    .to("/forgot-password", "Ask for a new link")
    .answer(StatusCode::NOT_FOUND)
}
