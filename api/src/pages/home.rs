//! The start page.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    failure::Result,
    form::{Form, Ticket},
    session::{Visitor, may_sign_up},
};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    account: Option<Account>,
    may_sign_up: bool,
    front_end: Option<String>,
}

/// Who has signed in.
struct Account {
    email: String,
    sign_out: Form,
}

pub(super) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    ticket: Ticket,
) -> Result<Response> {
    let account = visitor.account(&state).await?.map(|user| Account {
        email: user.email,
        sign_out: Form::new(&ticket, "/sign-out", "Sign out"),
    });
    let front_end = state.settings.frontend_url.clone();
    let page = HomePage { account, may_sign_up: may_sign_up(&state), front_end };
    if page.account.is_none() {
        return Ok(super::layout::Page(StatusCode::OK, page).into_response());
    }
    Ok(ticket.page(StatusCode::OK, page))
}
