//! What a threat model says as a whole.

mod compliance;
mod document;
mod export_view;
mod export_wish;
mod exports;
mod threats;
mod trends;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// The group of these endpoints in the API document.
const TAG: &str = "Threat models";

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(compliance::routes())
        .merge(document::routes())
        .merge(exports::routes())
        .merge(threats::routes())
        .merge(trends::routes())
}
