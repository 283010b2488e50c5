//! Ending the weekly mails. A button does it, since programs look at links in mails.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::organization::digest;
use serde::Deserialize;

use super::{
    failure::Result,
    form::{Form, Submission, Ticket},
    layout::Message,
};
use crate::{error::Error, state::AppState};

#[derive(Template)]
#[template(path = "unsubscribe.html")]
struct UnsubscribePage {
    organization: String,
    form: Form,
}

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

pub(super) async fn ask(
    State(state): State<AppState>,
    ticket: Ticket,
    Path(Link { token }): Path<Link>,
) -> Result {
    let found = digest::subscription(&state.store, &token).await.map_err(Error::from)?;
    let organization = found.ok_or_else(Error::not_found)?;
    let form = Form::new(&ticket, format!("/unsubscribe/{token}"), "No more weekly mails");
    Ok(ticket.page(StatusCode::OK, UnsubscribePage { organization, form }))
}

pub(super) async fn end(
    State(state): State<AppState>,
    Path(Link { token }): Path<Link>,
    _: Submission,
) -> Result {
    let found = digest::unsubscribe(&state.store, &token).await.map_err(Error::from)?;
    let organization = found.ok_or_else(Error::not_found)?;
    let text = format!("You get no more weekly mails about {organization}.");
    Ok(Message::new("Weekly mail", text).to("/", "To the start page").answer(StatusCode::OK))
}
