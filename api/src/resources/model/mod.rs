//! What threat models consist of.

pub mod components;
pub mod dashboard;
pub mod data_assets;
pub mod data_flow_assets;
pub mod data_flows;
pub mod diagrams;
pub mod illustrations;
pub(in crate::resources) mod image_form;
pub mod integrations;
pub mod media;
pub mod out_of_scope_items;
pub mod placements;
pub mod reference_images;
pub mod systems;
pub mod threat_model_links;
pub mod threat_model_view;
pub mod threat_models;
pub mod trust_boundaries;
pub mod trust_zones;
pub mod zone_protections;

use aide::axum::ApiRouter;

use crate::state::AppState;

/// All routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(components::routes())
        .merge(dashboard::routes())
        .merge(data_assets::routes())
        .merge(data_flow_assets::routes())
        .merge(data_flows::routes())
        .merge(diagrams::routes())
        .merge(illustrations::routes())
        .merge(integrations::routes())
        .merge(media::routes())
        .merge(out_of_scope_items::routes())
        .merge(placements::routes())
        .merge(reference_images::routes())
        .merge(systems::routes())
        .merge(threat_model_links::routes())
        .merge(threat_models::routes())
        .merge(trust_boundaries::routes())
        .merge(trust_zones::routes())
        .merge(zone_protections::routes())
}
