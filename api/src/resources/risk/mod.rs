//! Risks of a threat model, and the ways to score them.

mod actions;
mod methods;
mod record;
mod simulation;
mod view;

use aide::axum::ApiRouter;

use crate::state::AppState;

const TAG: &str = "Risks";

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(actions::routes())
        .merge(methods::routes())
        .merge(record::routes())
        .merge(simulation::routes())
}
