//! What threat models consist of.

pub mod components;
pub mod data_assets;
pub mod data_flow_assets;
pub mod data_flows;
pub mod integrations;
pub mod placements;
pub mod systems;
pub mod trust_boundaries;
pub mod trust_zones;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// All routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(components::routes())
        .merge(data_assets::routes())
        .merge(data_flow_assets::routes())
        .merge(data_flows::routes())
        .merge(integrations::routes())
        .merge(placements::routes())
        .merge(systems::routes())
        .merge(trust_boundaries::routes())
        .merge(trust_zones::routes())
}
