//! Threats to components and data flows.

mod actions;
mod forms;
mod kind;
mod record;

use aide::axum::ApiRouter;
use domain::threat::{OfComponent, OfFlow};

pub(super) use actions::{Reordered, describe_order, reorder};
pub(super) use kind::ThreatKind;

use crate::state::AppState;

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(actions::routes::<OfComponent>())
        .merge(actions::routes::<OfFlow>())
        .merge(actions::suggestions())
}
