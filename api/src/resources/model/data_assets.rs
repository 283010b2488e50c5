use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::data_asset,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id,
    choice::ImpactLevel,
    data_asset::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use schemars::JsonSchema;
use sea_orm::Order;
use serde::Serialize;

use crate::{
    input::{Absent, Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Data that is worth protecting.
pub struct DataAssets;

/// Data that is worth protecting.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataAsset {
    id: Id<Entity>,
    name: String,
    description: String,
    classification: String,
    confidentiality: ImpactLevel,
    integrity: ImpactLevel,
    availability: ImpactLevel,
    /// A list of tags.
    compliance_tags: Document,
    /// Tags in lower case, each once.
    data_sensitivity: Document,
    threat_model: Option<Id<threat_model::Entity>>,
    format_metadata: Document,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Model> for DataAsset {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            classification: row.classification,
            confidentiality: row.confidentiality,
            integrity: row.integrity,
            availability: row.availability,
            compliance_tags: row.compliance_tags,
            data_sensitivity: row.data_sensitivity,
            threat_model: row.threat_model_id,
            format_metadata: row.format_metadata,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl Resource for DataAssets {
    const NAME: &'static str = "DataAsset";
    const PATH: &'static str = "/api/data-assets/";
    const TAG: &'static str = "Data assets";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description),
        Field::text("classification", Column::Classification, 100).required(),
        Field::choice::<ImpactLevel>("confidentiality", Column::Confidentiality, "medium"),
        Field::choice::<ImpactLevel>("integrity", Column::Integrity, "medium"),
        Field::choice::<ImpactLevel>("availability", Column::Availability, "medium"),
        Field::json("compliance_tags", Column::ComplianceTags)
            .or(Absent::EmptyList)
            .note("A list of tags."),
        Field::tags("data_sensitivity", Column::DataSensitivity)
            .note("Tags; blanks around them, case and repetitions do not count."),
        Field::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::text("classification", Column::Classification),
        Filter::choice::<ImpactLevel>("confidentiality", Column::Confidentiality),
        Filter::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = DataAsset;
    type Item = DataAsset;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        data_asset::complete(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        data_asset::check_change(before, draft, transaction).await
    }

    async fn views(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<DataAsset>> {
        Ok(rows.into_iter().map(DataAsset::from).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<DataAsset>> {
        Self::views(rows, scope).await
    }
}

/// The routes of data assets.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<DataAssets>()
}
