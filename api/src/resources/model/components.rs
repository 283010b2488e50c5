use aide::axum::ApiRouter;
use axum::{Json, extract::State};
use domain::{
    Result, Scope, Transaction,
    model::component,
    permission::{ReadModels, WriteModels},
    threat::generation::Generated,
};
use entity::{
    Document, Id, Ref,
    component::{ActiveModel, Column, Entity, Model},
    component_library, integration_source, orgsystem, threat_model, trust_zone,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;

use crate::{
    error,
    extract::{Allowed, Key},
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting, describe, json_body, refusal},
    routing::{patch_with, post_with},
    state::AppState,
    wire::Timestamp,
};

/// Parts of systems: processes, data stores, actors.
pub struct Components;

/// A process, a data store or an actor.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names of the API")]
pub struct Component {
    id: Id<Entity>,
    name: String,
    description: String,
    /// The diagram editor uses `process`, `datastore`, `human_actor` and `system_actor`.
    category: String,
    actor_type: String,
    data_store_type: String,
    data_sensitivity_level: String,
    orgsystem: Option<Id<orgsystem::Entity>>,
    component_library: Option<Id<component_library::Entity>>,
    /// Left out if there is no library component.
    #[serde(skip_serializing_if = "Option::is_none")]
    component_library_name: Option<String>,
    trust_zone: Option<Id<trust_zone::Entity>>,
    source_integration: Option<Id<integration_source::Entity>>,
    threat_model: Option<Id<threat_model::Entity>>,
    /// The component that this one is a part of.
    parent_component: Option<Id<Entity>>,
    format_metadata: Document,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Component {
    fn new(row: Model, library_name: Option<String>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            description: row.description,
            category: row.category,
            actor_type: row.actor_type,
            data_store_type: row.data_store_type,
            data_sensitivity_level: row.data_sensitivity_level,
            orgsystem: row.orgsystem_id,
            component_library: row.component_library_id,
            component_library_name: library_name,
            trust_zone: row.trust_zone_id,
            source_integration: row.source_integration_id,
            threat_model: row.threat_model_id,
            parent_component: row.parent_component_id,
            format_metadata: row.format_metadata,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

const TAG: &str = "Components";

impl Resource for Components {
    const NAME: &'static str = "Component";
    const PATH: &'static str = "/api/components/";
    const TAG: &'static str = TAG;
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::long_text("description", Column::Description),
        Field::text("category", Column::Category, 20),
        Field::text("actor_type", Column::ActorType, 20),
        Field::text("data_store_type", Column::DataStoreType, 20),
        Field::text("data_sensitivity_level", Column::DataSensitivityLevel, 20),
        Field::reference("orgsystem", Column::OrgsystemId, vouch::<orgsystem::Entity>)
            .note("A new component of a model that is about one system belongs to that one."),
        Field::reference(
            "component_library",
            Column::ComponentLibraryId,
            vouch::<component_library::Entity>,
        ),
        Field::reference("trust_zone", Column::TrustZoneId, vouch::<trust_zone::Entity>),
        Field::reference(
            "source_integration",
            Column::SourceIntegrationId,
            vouch::<integration_source::Entity>,
        ),
        Field::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
        Field::reference("parent_component", Column::ParentComponentId, vouch::<Entity>),
        Field::json("format_metadata", Column::FormatMetadata),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("orgsystem", Column::OrgsystemId, vouch::<orgsystem::Entity>),
        Filter::reference("trust_zone", Column::TrustZoneId, vouch::<trust_zone::Entity>),
        Filter::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = Component;
    type Item = Component;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        component::complete(draft, transaction).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        component::check_change(before, draft, transaction).await
    }

    async fn saved(
        before: Option<&Model>,
        row: &Model,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        match before {
            Some(before) => component::follow(before, row, transaction).await,
            None => Ok(()),
        }
    }

    async fn delete(row: Model, transaction: &Transaction<'_>) -> Result<()> {
        component::delete(transaction, Column::Id.eq(row.id)).await.map(drop)
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Component>> {
        let kinds = rows.iter().filter_map(|row| row.component_library_id);
        let names = scope.lookup(kinds, component_library::Column::Name).await?;
        let view = |row: Model| {
            let name = row.component_library_id.and_then(|kind| names.get(&kind).cloned());
            Component::new(row, name)
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<Component>> {
        Self::views(rows, scope).await
    }
}

/// The system that a component shall belong to.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct AssignSystem {
    /// None takes the component out of its system.
    orgsystem_id: Option<Ref<orgsystem::Entity>>,
}

/// The system that a component belongs to now.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct AssignedSystem {
    /// Always `updated`.
    status: &'static str,
    orgsystem_id: Option<Id<orgsystem::Entity>>,
}

/// Assigns a component to a system, or to none.
async fn assign_system(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    body: Body,
) -> error::Result<Json<AssignedSystem>> {
    let transaction = state.store.write(&actor).await?;
    let system = body.reference("orgsystem_id")?;
    let row = component::assign_system(&transaction, key, system).await?;
    transaction.commit().await?;
    Ok(Json(AssignedSystem { status: "updated", orgsystem_id: row.orgsystem_id }))
}

/// What a generation of threats did.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct GeneratedThreats {
    /// Threats that were made.
    created_count: usize,
    /// Threats that were there already.
    existing_count: usize,
    /// Both together.
    total: usize,
    /// For people.
    message: String,
}

impl From<Generated> for GeneratedThreats {
    fn from(Generated { created, existing }: Generated) -> Self {
        Self {
            created_count: created,
            existing_count: existing,
            total: created + existing,
            message: format!("Generated {created} new threats, {existing} already existed"),
        }
    }
}

/// Makes the threats that the library knows for the kind of the component, with their
/// countermeasures. Threats that exist are left alone.
async fn generate_threats(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
) -> error::Result<Json<GeneratedThreats>> {
    let transaction = state.store.write(&actor).await?;
    let generated = component::generate_threats(&transaction, key).await?;
    transaction.commit().await?;
    Ok(Json(generated.into()))
}

/// The routes of components.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<Components>()
        .api_route(
            "/api/components/{id}/assign_system/",
            patch_with(assign_system, |operation| {
                let operation = describe(operation, "assignSystem", TAG);
                json_body::<AssignSystem>(operation.summary("Assign a component to a system"))
            }),
        )
        .api_route(
            "/api/components/{id}/generate_threats/",
            post_with(generate_threats, |operation| {
                let operation = describe(operation, "generateComponentThreats", TAG)
                    .summary("Generate the threats of a component");
                refusal(operation, 400, "The component is of no kind that the library knows.")
            }),
        )
}
