use aide::axum::ApiRouter;
use domain::{
    Find, Result, Scope, Transaction,
    model::trust_zone,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id, threat_model,
    trust_zone::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    input::{Body, Field, Params, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Zones in which everything is trusted alike.
pub struct TrustZones;

/// A zone in which everything is trusted alike.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrustZone {
    id: Id<Entity>,
    name: String,
    /// 0 (untrusted) to 100.
    trust_level: i32,
    description: String,
    format_metadata: Document,
    /// The zone that this one lies in.
    parent: Option<Id<Entity>>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Model> for TrustZone {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            trust_level: row.trust_level,
            description: row.description,
            format_metadata: row.format_metadata,
            parent: row.parent_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl Resource for TrustZones {
    const NAME: &'static str = "TrustZone";
    const PATH: &'static str = "/api/trust-zones/";
    const TAG: &'static str = "Trust zones";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::integer("trust_level", Column::TrustLevel, (0, 100), 50)
            .note("0 (untrusted) to 100."),
        Field::long_text("description", Column::Description),
        Field::json("format_metadata", Column::FormatMetadata),
        Field::reference("parent", Column::ParentId, vouch::<Entity>),
    ];
    const NARROWING: &'static [(&'static str, &'static str)] =
        &[("threat_model", "Zones of this threat model, and zones that hold its components.")];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Description];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = TrustZone;
    type Item = TrustZone;

    async fn narrow<'c>(
        find: Find<'c, Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> Result<Find<'c, Entity>> {
        Ok(match params.reference::<threat_model::Entity>("threat_model") {
            Some(model) => find.filter(trust_zone::of_model(scope, model)),
            None => find,
        })
    }

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        trust_zone::complete(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        trust_zone::check_change(before, draft, transaction).await
    }

    async fn views(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<TrustZone>> {
        Ok(rows.into_iter().map(TrustZone::from).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<TrustZone>> {
        Self::views(rows, scope).await
    }
}

/// The routes of trust zones.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<TrustZones>()
}
