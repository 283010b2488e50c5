//! The endpoints, one module per aggregate.

pub mod health;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// All routes.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new().merge(health::routes())
}
