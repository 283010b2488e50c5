//! Countermeasures against threats, the requirements they help to meet, and how they are verified.

pub mod findings;
pub(super) mod record;
mod standards;
pub mod verification;

use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    permission::WriteModels,
    threat::{OfComponent, OfFlow},
};

use super::threat::{ThreatKind, describe_order, reorder};
use crate::{
    error::Result, extract::Allowed, input::Body, resource::routes as crud,
    resources::threat::Reordered, routing::post_with, state::AppState,
};

async fn reorder_countermeasures<K: ThreatKind>(
    state: State<AppState>,
    actor: Allowed<WriteModels>,
    body: Body,
) -> Result<Json<Reordered>> {
    reorder::<K::Countermeasure>(state, actor, body, K::COUNTERMEASURE.display_order).await
}

fn of_kind<K: ThreatKind>() -> ApiRouter<AppState> {
    let names = K::COUNTERMEASURES;
    crud::<record::Countermeasures<K>>()
        .api_route(
            &format!("{}reorder/", names.path),
            post_with(reorder_countermeasures::<K>, |operation| {
                describe_order(operation, names.name, names.tag)
            }),
        )
        .merge(crud::<standards::Standards<K>>())
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(of_kind::<OfComponent>())
        .merge(of_kind::<OfFlow>())
        .merge(findings::routes())
        .merge(verification::routes())
}
