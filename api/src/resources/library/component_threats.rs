use aide::axum::ApiRouter;
use domain::{Error, Result, Scope, Transaction, permission};
use entity::{
    Id, choice, component_library,
    component_library_threat::{self, ActiveModel, Column, Entity, Model},
    threat_library,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use super::TAG;
use crate::{
    input::{Absent, Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
    wire::Timestamp,
};

/// Which kinds of components are exposed to which threats.
pub struct ComponentLibraryThreats;

/// A kind of component and a threat that it is exposed to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LibraryComponentThreat")]
pub struct View {
    id: Id<Entity>,
    component_library: Id<component_library::Entity>,
    component_name: String,
    threat_library: Id<threat_library::Entity>,
    threat_name: String,
    /// The severity that generated threats start with, usually `low` to `critical`.
    default_severity: String,
    /// Whether the component itself, flows at it, or both are exposed.
    applies_to: choice::AppliesTo,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for ComponentLibraryThreats {
    const NAME: &'static str = "LibraryComponentThreat";
    const PATH: &'static str = "/api/component-library-threats/";
    const TAG: &'static str = TAG;
    const UNIQUE: &'static str = "component_library, threat_library";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference(
            "component_library",
            Column::ComponentLibraryId,
            vouch::<component_library::Entity>,
        )
        .required(),
        Field::reference(
            "threat_library",
            Column::ThreatLibraryId,
            vouch::<threat_library::Entity>,
        )
        .required(),
        Field::text("default_severity", Column::DefaultSeverity, 20).or(Absent::Text("medium")),
        Field::choice::<choice::AppliesTo>("applies_to", Column::AppliesTo, "component"),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference(
            "component_library",
            Column::ComponentLibraryId,
            vouch::<component_library::Entity>,
        ),
        Filter::reference(
            "threat_library",
            Column::ThreatLibraryId,
            vouch::<threat_library::Entity>,
        ),
        Filter::choice::<choice::AppliesTo>("applies_to", Column::AppliesTo),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("id", Column::Id), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = component_library_threat::Entity;
    type View = View;
    type Item = View;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let component = draft.component_library_id.clone().unwrap();
        let component = transaction.scope().get(component).await?;
        draft.organization_id = Set(component.organization_id);
        same_organization(draft, transaction).await
    }

    async fn changing(
        _: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let component = draft.component_library_id.clone().unwrap();
        let component = transaction.scope().get(component).await?;
        draft.organization_id = Set(component.organization_id);
        same_organization(draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let components = rows.iter().map(|row| row.component_library_id);
        let components: std::collections::HashMap<_, String> =
            scope.lookup(components, component_library::Column::Name).await?;
        let threats = rows.iter().map(|row| row.threat_library_id);
        let threats: std::collections::HashMap<_, String> =
            scope.lookup(threats, threat_library::Column::Name).await?;
        let view = |row: Model| View {
            id: row.id,
            component_library: row.component_library_id,
            component_name: components.get(&row.component_library_id).cloned().unwrap_or_default(),
            threat_library: row.threat_library_id,
            threat_name: threats.get(&row.threat_library_id).cloned().unwrap_or_default(),
            default_severity: row.default_severity,
            applies_to: row.applies_to,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

/// A link must not join items of two organizations of the caller.
async fn same_organization(draft: &ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let key = draft.threat_library_id.clone().unwrap();
    let threat = transaction.scope().get(key).await?;
    if threat.organization_id == draft.organization_id.clone().unwrap() {
        return Ok(());
    }
    let text = format!("Invalid pk \"{key}\" - object does not exist.");
    Err(Error::invalid("threat_library", text))
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<ComponentLibraryThreats>()
}
