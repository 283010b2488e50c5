//! Confirming an address. A button does it, since programs that look at links in mails would spend
//! the token.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    failure::{Failure, Result},
    form::{Form, Submission, Ticket},
    layout::Message,
};
use crate::{
    error::Error,
    limits::{Attempt, Origin},
    resources::account::registration,
    state::AppState,
};

#[derive(Template)]
#[template(path = "verify_email.html")]
struct VerifyPage {
    email: String,
    form: Form,
}

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

pub(super) async fn ask(
    State(state): State<AppState>,
    Origin(origin): Origin,
    ticket: Ticket,
    Path(Link { token }): Path<Link>,
) -> Result {
    state.limits.admit(Attempt::SignIn, &origin).await?;
    match state.accounts.account_of_verification(&token).await {
        Ok(user) => {
            let form = Form::new(&ticket, format!("/verify-email/{token}"), "Confirm the address");
            Ok(ticket.page(StatusCode::OK, VerifyPage { email: user.email, form }))
        }
        Err(error) => Err(useless(error.into())),
    }
}

pub(super) async fn confirm(
    State(state): State<AppState>,
    Origin(origin): Origin,
    Path(Link { token }): Path<Link>,
    submission: Submission,
) -> Result {
    let body = submission.knowing("key", token).body;
    match registration::confirm_address(&state, &origin, &body).await {
        Ok(()) => Ok(Redirect::to("/verify-email/done").into_response()),
        Err(error) => Err(useless(error)),
    }
}

pub(super) async fn done(State(state): State<AppState>) -> Response {
    let message = Message::new("Address confirmed", "Thank you. There is nothing more to do.");
    match &state.settings.frontend_url {
        Some(address) => message.to(address, "Open Forewarn"),
        None => message.to("/", "To the start page"),
    }
    .answer(StatusCode::OK)
}

fn useless(error: Error) -> Failure {
    match error {
        Error::Domain(domain::Error::NotFound | domain::Error::Invalid(_)) => Failure::page(Message::new(
            "This link does not work any more",
            "A link to confirm an address works once, for seven days, and only until a newer one \
             is sent. If your address is confirmed already, there is nothing to do.",
        )
        .to("/sign-in", "Sign in")
        .answer(StatusCode::NOT_FOUND)),
        other => other.into(),
    }
}
