//! Showing threat models to others.

mod links;
mod shared_view;
mod shared_with_me;
mod wishes;

use aide::axum::ApiRouter;

use domain::{
    account::secret::digest,
    sharing::magic_link::{Opening, Visit, open},
};

use crate::{
    error::Result,
    limits::{Attempt, Origin},
    state::AppState,
};

/// Opens a link. Passwords can be tried so often from one place, and so often for one link.
pub async fn visit(state: &AppState, Origin(origin): &Origin, visit: Visit<'_>) -> Result<Opening> {
    if visit.password.is_some() {
        state.limits.admit(Attempt::OpenLink, origin).await?;
        state.limits.admit(Attempt::OpenLinkOf, &digest(visit.token)).await?;
    }
    Ok(open(&state.accounts, visit).await?)
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(links::routes())
        .merge(shared_view::routes())
        .merge(shared_with_me::routes())
}
