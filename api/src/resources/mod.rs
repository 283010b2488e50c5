//! The endpoints, one module per aggregate.

pub mod account;
pub mod audit_log;
pub mod countermeasure;
pub mod exchange;
pub mod health;
pub mod jobs;
pub mod library;
pub mod model;
pub mod organization;
pub mod report;
pub mod risk;
pub mod sharing;
pub mod threat;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// All routes.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(account::routes())
        .merge(audit_log::routes())
        .merge(countermeasure::routes())
        .merge(exchange::routes())
        .merge(health::routes())
        .merge(jobs::routes())
        .merge(library::routes())
        .merge(model::routes())
        .merge(organization::routes())
        .merge(report::routes())
        .merge(risk::routes())
        .merge(sharing::routes())
        .merge(threat::routes())
}
