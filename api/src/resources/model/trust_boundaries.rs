use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::trust_boundary,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id,
    trust_boundary::{ActiveModel, Column, Entity, Model},
    trust_zone,
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Where trust zones meet.
pub struct TrustBoundaries;

/// Where two trust zones meet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustBoundary {
    id: Id<Entity>,
    zone_a: Id<trust_zone::Entity>,
    zone_a_name: String,
    zone_b: Id<trust_zone::Entity>,
    zone_b_name: String,
    label: String,
    description: String,
    /// The edge of the diagram that shows the boundary.
    edge_id: String,
    format_metadata: Document,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TrustBoundary {
    fn new(row: Model, names: &HashMap<Id<trust_zone::Entity>, String>) -> Self {
        let name = |zone| names.get(&zone).cloned().unwrap_or_default();
        Self {
            id: row.id,
            zone_a: row.zone_a_id,
            zone_a_name: name(row.zone_a_id),
            zone_b: row.zone_b_id,
            zone_b_name: name(row.zone_b_id),
            label: row.label,
            description: row.description,
            edge_id: row.edge_id,
            format_metadata: row.format_metadata,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl Resource for TrustBoundaries {
    const NAME: &'static str = "TrustBoundary";
    const PATH: &'static str = "/api/trust-boundaries/";
    const TAG: &'static str = "Trust boundaries";
    const UNIQUE: &'static str = "zone_a, zone_b";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("zone_a", Column::ZoneAId, vouch::<trust_zone::Entity>).required(),
        Field::reference("zone_b", Column::ZoneBId, vouch::<trust_zone::Entity>).required(),
        Field::text("label", Column::Label, 255),
        Field::long_text("description", Column::Description),
        Field::text("edge_id", Column::EdgeId, 100)
            .note("The edge of the diagram that shows the boundary."),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("zone_a", Column::ZoneAId, vouch::<trust_zone::Entity>),
        Filter::reference("zone_b", Column::ZoneBId, vouch::<trust_zone::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Label];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("zone_a", Column::ZoneAId), Order::Asc),
        (Sort::by("zone_b", Column::ZoneBId), Order::Asc),
    ];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = TrustBoundary;
    type Item = TrustBoundary;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        trust_boundary::place(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        trust_boundary::check_change(before, draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<TrustBoundary>> {
        let zones = rows.iter().flat_map(|row| [row.zone_a_id, row.zone_b_id]);
        let names = scope.lookup(zones, trust_zone::Column::Name).await?;
        Ok(rows.into_iter().map(|row| TrustBoundary::new(row, &names)).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<TrustBoundary>> {
        Self::views(rows, scope).await
    }
}

/// The routes of trust boundaries.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<TrustBoundaries>()
}
