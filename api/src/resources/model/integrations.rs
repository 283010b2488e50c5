use aide::axum::ApiRouter;
use domain::{
    Error, Result, Scope, Transaction,
    account::Vault,
    model::{belonging, integration},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id,
    choice::{IntegrationStatus, SourceType},
    integration_source::{ActiveModel, Column, Entity, Model},
    orgsystem,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;
use serde_json::Value;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Where data about systems comes from.
pub struct Integrations;

/// A source of data about a system.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Integration {
    id: Id<Entity>,
    name: String,
    source_type: SourceType,
    /// How to reach the source. Values under names such as `token`, `password`, `secret` and `key`
    /// are never shown; `********` stands for them.
    connection_details: Value,
    status: IntegrationStatus,
    last_sync_at: Option<Timestamp>,
    orgsystem: Id<orgsystem::Entity>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Integration {
    fn new(row: Model, vault: &Vault) -> Self {
        Self {
            id: row.id,
            name: row.name,
            source_type: row.source_type,
            connection_details: integration::shown(vault, &row.connection_details_encrypted),
            status: row.status,
            last_sync_at: row.last_sync_at.map(Timestamp::from),
            orgsystem: row.orgsystem_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl Resource for Integrations {
    const NAME: &'static str = "Integration";
    const PATH: &'static str = "/api/integrations/";
    const TAG: &'static str = "Integrations";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::choice::<SourceType>("source_type", Column::SourceType, "").required(),
        Field::json("connection_details", Column::ConnectionDetailsEncrypted).note(
            "How to reach the source; stored encrypted. `********` in the place of a secret keeps \
             the stored one.",
        ),
        Field::choice::<IntegrationStatus>("status", Column::Status, "active"),
        Field::date_time("last_sync_at", Column::LastSyncAt),
        Field::reference("orgsystem", Column::OrgsystemId, vouch::<orgsystem::Entity>).required(),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<SourceType>("source_type", Column::SourceType),
        Filter::choice::<IntegrationStatus>("status", Column::Status),
        Filter::reference("orgsystem", Column::OrgsystemId, vouch::<orgsystem::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = Integration;
    type Item = Integration;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let scope = transaction.scope();
        let system = draft.orgsystem_id.clone().take();
        let system =
            system.ok_or_else(|| Error::invalid("orgsystem", "This field is required."))?;
        draft.organization_id = Set(belonging::organization_of(scope, system).await?);
        seal(draft, None, scope.vault());
        Ok(())
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let scope = transaction.scope();
        let system = draft.orgsystem_id.clone().take();
        belonging::require_within(scope, before.organization_id, "orgsystem", system).await?;
        if body.get("connection_details").is_some() {
            seal(draft, Some(&before.connection_details_encrypted), scope.vault());
        }
        Ok(())
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Integration>> {
        Ok(rows.into_iter().map(|row| Integration::new(row, scope.vault())).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Integration>> {
        Self::views(rows, scope).await
    }
}

/// Encrypts the connection details, which the field has put into the column as they were sent.
fn seal(draft: &mut ActiveModel, stored: Option<&str>, vault: &Vault) {
    let sent = draft.connection_details_encrypted.take().unwrap_or_default();
    let details = serde_json::from_str(&sent).unwrap_or_default();
    draft.connection_details_encrypted = Set(integration::seal(vault, details, stored));
}

/// The routes of integrations.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Integrations>()
}
