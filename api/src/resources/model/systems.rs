use aide::axum::ApiRouter;
use domain::{
    Result, Scope, Transaction,
    model::{belonging, system},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Document, Id,
    choice::{Criticality, LifecycleState},
    organization,
    orgsystem::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Systems of an organization.
pub struct Systems;

/// A system that threat models are about.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct System {
    id: Id<Entity>,
    name: String,
    description: String,
    /// Who is responsible for the system.
    owner: String,
    /// Always `system`.
    r#type: &'static str,
    /// The same as `lifecycleState`.
    environment: LifecycleState,
    criticality: Criticality,
    lifecycle_state: LifecycleState,
    format_metadata: Document,
    organization: Id<organization::Entity>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A system in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SystemItem {
    id: Id<Entity>,
    name: String,
    description: String,
    /// Always `system`.
    r#type: &'static str,
    /// Who is responsible for the system.
    owner: String,
    /// The part of its life that the system is in.
    environment: LifecycleState,
}

const TYPE: &str = "system";

impl From<Model> for System {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            owner: row.owner,
            r#type: TYPE,
            environment: row.lifecycle_state,
            criticality: row.criticality,
            lifecycle_state: row.lifecycle_state,
            format_metadata: row.format_metadata,
            organization: row.organization_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

impl From<Model> for SystemItem {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            r#type: TYPE,
            owner: row.owner,
            environment: row.lifecycle_state,
        }
    }
}

/// Criticalities, least first.
const CRITICALITIES: &[&str] = &["low", "medium", "high", "critical"];

impl Resource for Systems {
    const NAME: &'static str = "System";
    const PATH: &'static str = "/api/systems/";
    const TAG: &'static str = "Systems";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description),
        Field::text("owner", Column::Owner, 255).note("Who is responsible for the system."),
        Field::choice::<Criticality>("criticality", Column::Criticality, "medium"),
        Field::choice::<LifecycleState>("lifecycle_state", Column::LifecycleState, "development"),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<Criticality>("criticality", Column::Criticality),
        Filter::choice::<LifecycleState>("lifecycle_state", Column::LifecycleState),
        Filter::reference("organization", Column::OrganizationId, vouch::<organization::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Owner];
    const ORDERING: &'static [Sort<Column>] = &[
        Sort::by("name", Column::Name),
        Sort::by("created_at", Column::CreatedAt),
        Sort::ranked("criticality", Column::Criticality, CRITICALITIES),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = System;
    type Item = SystemItem;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let actor = transaction.actor();
        let organization = belonging::own_organization(actor)?;
        draft.organization_id = Set(organization);
        draft.team_id = Set(system::creators_team(actor, organization));
        draft.created_by_id = Set(actor.user());
        Ok(())
    }

    async fn delete(row: Model, transaction: &Transaction<'_>) -> Result<()> {
        system::delete(transaction, &row).await
    }

    async fn views(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<System>> {
        Ok(rows.into_iter().map(System::from).collect())
    }

    async fn items(rows: Vec<Model>, _: Scope<'_>) -> Result<Vec<SystemItem>> {
        Ok(rows.into_iter().map(SystemItem::from).collect())
    }
}

/// The routes of systems.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Systems>()
}
