//! A shared threat model to read.

mod picture;
mod view;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{
    Error, Refusal,
    report::ElementKind,
    sharing::magic_link::{self as rules, Shared},
};
use serde::Deserialize;

use self::{
    picture::pictures,
    view::{SharePage, Upload, criticality, frameworks, groups, parts, severities},
};
use super::{
    failure::{Failure, Result},
    layout::{Message, Page},
    session::Visitor,
};
use crate::{
    limits::{Attempt, Origin},
    resources::model::media::Addresses,
    state::AppState,
};

/// A link.
#[derive(Deserialize)]
pub(super) struct Link {
    token: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    Origin(origin): Origin,
    visitor: Visitor,
    addresses: Addresses,
    Path(Link { token }): Path<Link>,
) -> Result {
    state.limits.admit(Attempt::SignIn, &origin)?;
    let account = visitor.account(&state).await?;
    let reader = account.as_ref().map(|account| account.id);
    let shared = rules::open(&state.store, &token, reader).await.map_err(useless)?;
    let page = page(shared, account.map(|account| account.email), &addresses).await;
    Ok(Page(StatusCode::OK, page).into_response())
}

async fn page(shared: Shared, reader: Option<String>, addresses: &Addresses) -> SharePage {
    let Shared { link, model, detail, analysis, .. } = shared;
    let uploads = detail.images.into_iter().map(|image| Upload {
        address: addresses.of(&image.row.storage_key).0,
        name: image.row.filename,
        description: image.row.description,
    });
    SharePage {
        organization: detail.names.organization,
        criticality: criticality(model.criticality),
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
fn useless(error: Error) -> Failure {
    match error {
        Error::Refused(Refusal::Missing | Refusal::Gone, _) => Failure::page(ended()),
        other => other.into(),
    }
}

fn ended() -> Response {
    Message::new(
        "This link shows nothing",
        "It has ended, or it is not complete. Ask whoever sent it for a new one.",
    )
    .to("/", "To the start page")
    .answer(StatusCode::NOT_FOUND)
}
