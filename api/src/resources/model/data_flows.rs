use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::data_flow,
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id, component,
    data_flow::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Data on its way from one component to another.
pub struct DataFlows;

/// Data on its way from one component to another.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is a field of its own")]
pub struct DataFlow {
    id: Id<Entity>,
    source_component: Id<component::Entity>,
    source_component_name: String,
    dest_component: Id<component::Entity>,
    dest_component_name: String,
    label: String,
    description: String,
    /// The edge of the diagram that shows the flow.
    edge_id: String,
    protocol: String,
    port: Option<i32>,
    encrypted: bool,
    authenticated: bool,
    crosses_trust_zone: bool,
    has_sensitive_data: bool,
    /// Tags in lower case, each once.
    data_classification: Document,
    format_metadata: Document,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl DataFlow {
    fn new(row: Model, names: &HashMap<Id<component::Entity>, String>) -> Self {
        let name = |component| names.get(&component).cloned().unwrap_or_default();
        Self {
            id: row.id,
            source_component: row.source_component_id,
            source_component_name: name(row.source_component_id),
            dest_component: row.dest_component_id,
            dest_component_name: name(row.dest_component_id),
            label: row.label,
            description: row.description,
            edge_id: row.edge_id,
            protocol: row.protocol,
            port: row.port,
            encrypted: row.encrypted,
            authenticated: row.authenticated,
            crosses_trust_zone: row.crosses_trust_zone,
            has_sensitive_data: row.has_sensitive_data,
            data_classification: row.data_classification,
            format_metadata: row.format_metadata,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

/// What the column of the port holds.
const PORTS: (i64, i64) = (i32::MIN as i64, i32::MAX as i64);

impl Resource for DataFlows {
    const NAME: &'static str = "DataFlow";
    const PATH: &'static str = "/api/data-flows/";
    const TAG: &'static str = "Data flows";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("source_component", Column::SourceComponentId, vouch::<component::Entity>)
            .required(),
        Field::reference("dest_component", Column::DestComponentId, vouch::<component::Entity>)
            .required(),
        Field::text("label", Column::Label, 255),
        Field::long_text("description", Column::Description),
        Field::text("edge_id", Column::EdgeId, 100)
            .note("The edge of the diagram that shows the flow."),
        Field::text("protocol", Column::Protocol, 50),
        Field::integer("port", Column::Port, PORTS, 0).nullable(),
        Field::flag("encrypted", Column::Encrypted),
        Field::flag("authenticated", Column::Authenticated),
        Field::flag("crosses_trust_zone", Column::CrossesTrustZone),
        Field::flag("has_sensitive_data", Column::HasSensitiveData),
        Field::tags("data_classification", Column::DataClassification)
            .note("Tags; blanks around them, case and repetitions do not count."),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::flag("crosses_trust_zone", Column::CrossesTrustZone),
        Filter::text("protocol", Column::Protocol),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[
        (Sort::by("source_component", Column::SourceComponentId), Order::Asc),
        (Sort::by("dest_component", Column::DestComponentId), Order::Asc),
    ];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = DataFlow;
    type Item = DataFlow;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        data_flow::place(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        data_flow::check_change(before, draft, transaction).await
    }

    async fn saved(
        before: Option<&Model>,
        row: &Model,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        match before {
            Some(before) => data_flow::follow(before, row, transaction).await,
            None => Ok(()),
        }
    }

    async fn delete(row: Model, transaction: &Transaction<'_>) -> Result<()> {
        data_flow::delete(transaction, Column::Id.eq(row.id)).await.map(drop)
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<DataFlow>> {
        let ends = rows.iter().flat_map(|row| [row.source_component_id, row.dest_component_id]);
        let names = scope.lookup(ends, component::Column::Name).await?;
        Ok(rows.into_iter().map(|row| DataFlow::new(row, &names)).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<DataFlow>> {
        Self::views(rows, scope).await
    }
}

/// The routes of data flows.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<DataFlows>()
}
