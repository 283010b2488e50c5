//! Showing threat models to others.

mod links;
mod shared_view;
mod shared_with_me;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(links::routes())
        .merge(shared_view::routes())
        .merge(shared_with_me::routes())
}
