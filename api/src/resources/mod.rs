//! The endpoints, one module per aggregate.

pub mod account;
pub mod health;
pub mod library;
pub mod model;
pub mod organization;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// All routes.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(account::routes())
        .merge(health::routes())
        .merge(library::routes())
        .merge(model::routes())
        .merge(organization::routes())
}
