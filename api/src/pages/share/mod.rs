//! A shared threat model to read.

mod picture;
mod view;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    report::ElementKind,
    sharing::magic_link::{Opening, Shared, Visit, WRONG_PASSWORD},
};
use entity::{choice::Section, user};
use serde::Deserialize;

use self::{
    picture::pictures,
    view::{SharePage, Upload, criticality, frameworks, groups, parts, severities},
};
use super::{
    failure::{Failure, Result},
    form::{Form, Input, Submission, Ticket},
    layout::{Message, Page},
    session::Visitor,
};
use crate::{
    error::Error,
    input::Body,
    limits::{Attempt, Origin},
    resources::{model::media::Addresses, sharing::visit},
    state::AppState,
};

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

/// What asks for the password of a link.
#[derive(Template)]
#[template(path = "share_password.html")]
struct PasswordPage {
    form: Form,
}

pub(super) async fn show(
    State(state): State<AppState>,
    origin: Origin,
    visitor: Visitor,
    addresses: Addresses,
    ticket: Ticket,
    Path(Link { token }): Path<Link>,
) -> Result {
    state.limits.admit(Attempt::SignIn, &origin.0).await?;
    let account = visitor.account(&state).await?;
    let reader = account.as_ref().map(|account| account.id);
    let guest = Visit { token: &token, password: None, reader };
    match visit(&state, &origin, guest).await? {
        Opening::Shared(shared) => Ok(shown(*shared, account, &addresses).await),
        Opening::NeedsPassword | Opening::WrongPassword => {
            let form = asking(&ticket, &token);
            Ok(ticket.page(StatusCode::OK, PasswordPage { form }))
        }
        Opening::Ended | Opening::Unknown => Ok(ended()),
    }
}

/// The same with a password. The page is not redirected to: nothing but the form knows the
/// password.
pub(super) async fn unlock(
    State(state): State<AppState>,
    origin: Origin,
    visitor: Visitor,
    addresses: Addresses,
    Path(Link { token }): Path<Link>,
    Submission { body, ticket }: Submission,
) -> Result {
    let account = visitor.account(&state).await?;
    let reader = account.as_ref().map(|account| account.id);
    let mut fields = crate::input::Form::new(&body);
    let Some(password) = fields.password("password") else {
        return refused(ticket, &token, &body, fields.into_error());
    };
    let guest = Visit { token: &token, password: Some(password), reader };
    match visit(&state, &origin, guest).await? {
        Opening::Shared(shared) => Ok(shown(*shared, account, &addresses).await),
        Opening::NeedsPassword | Opening::WrongPassword => {
            let error = domain::Error::invalid("password", WRONG_PASSWORD);
            refused(ticket, &token, &body, error.into())
        }
        Opening::Ended | Opening::Unknown => Ok(ended()),
    }
}

fn asking(ticket: &Ticket, token: &str) -> Form {
    Form::new(ticket, format!("/share/{token}"), "Show the model").with(Input::password())
}

fn refused(ticket: Ticket, token: &str, body: &Body, error: Error) -> Result {
    let form = asking(&ticket, token).again(body, &Failure::violations(error)?);
    Ok(ticket.page(StatusCode::FORBIDDEN, PasswordPage { form }))
}

async fn shown(shared: Shared, account: Option<user::Model>, addresses: &Addresses) -> Response {
    let page = page(shared, account.map(|account| account.email), addresses).await;
    Page(StatusCode::OK, page).into_response()
}

async fn page(shared: Shared, reader: Option<String>, addresses: &Addresses) -> SharePage {
    let Shared { link, sections, model, detail, analysis, .. } = shared;
    let uploads = detail.images.into_iter().map(|image| Upload {
        address: addresses.of(&image.row.storage_key).0,
        name: image.row.filename,
        description: image.row.description,
    });
    SharePage {
        organization: detail.names.organization,
        criticality: sections.shows(Section::Summary).then(|| criticality(model.criticality)),
        until: link.expires_at.format("%-d %B %Y").to_string(),
        reader,
        figures: severities(&analysis),
        components: parts(&analysis.elements, ElementKind::Component),
        flows: parts(&analysis.elements, ElementKind::Flow),
        uploads: uploads.collect(),
        shows_countermeasures: analysis.threats.iter().any(|one| !one.countermeasures.is_empty()),
        frameworks: frameworks(&analysis),
        groups: groups(analysis.threats),
        pictures: pictures(analysis.diagrams, model.name.clone()).await,
        name: model.name,
        description: model.description,
    }
}

/// One page for links that are unknown, revoked or too old, so that it tells nothing about them.
fn ended() -> Response {
    Message::new(
        "This link shows nothing",
        "It has ended, or it is not complete. Ask whoever sent it for a new one.",
    )
    .to("/", "To the start page")
    .answer(StatusCode::NOT_FOUND)
}
