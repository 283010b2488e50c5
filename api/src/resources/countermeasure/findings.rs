//! What penetration tests found.

use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{
    Error, Result, Scope, Transaction,
    permission::{ReadModels, WriteModels},
    threat::Home,
};
use entity::{
    Id,
    choice::ReconciliationStatus,
    component_countermeasure, flow_countermeasure,
    pentest_finding::{ActiveModel, Column, Entity, Model},
    threat_library, threat_model,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{Resource, Sorting, routes as crud},
    state::AppState,
    wire::Timestamp,
};

struct Findings;

/// What a penetration test found, and whether the threat model had predicted it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PentestFinding")]
struct View {
    id: Id<Entity>,
    threat_model: Id<threat_model::Entity>,
    finding_description: String,
    /// In free words.
    severity: String,
    /// The library threat that describes it.
    matched_threat_library: Option<Id<threat_library::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matched_threat_name: Option<String>,
    /// The countermeasure of a component that should have prevented it.
    matched_component_countermeasure: Option<Id<component_countermeasure::Entity>>,
    /// The countermeasure of a data flow that should have prevented it.
    matched_flow_countermeasure: Option<Id<flow_countermeasure::Entity>>,
    reconciliation_status: ReconciliationStatus,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for Findings {
    const NAME: &'static str = "PentestFinding";
    const PATH: &'static str = "/api/pentest-findings/";
    const TAG: &'static str = "Verification";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>)
            .required(),
        Field::long_text("finding_description", Column::FindingDescription).required(),
        Field::text("severity", Column::Severity, 20).required(),
        Field::reference(
            "matched_threat_library",
            Column::MatchedThreatLibraryId,
            vouch::<threat_library::Entity>,
        ),
        Field::reference(
            "matched_component_countermeasure",
            Column::MatchedComponentCountermeasureId,
            vouch::<component_countermeasure::Entity>,
        ),
        Field::reference(
            "matched_flow_countermeasure",
            Column::MatchedFlowCountermeasureId,
            vouch::<flow_countermeasure::Entity>,
        ),
        Field::choice::<ReconciliationStatus>(
            "reconciliation_status",
            Column::ReconciliationStatus,
            "unpredicted",
        ),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
        Filter::choice::<ReconciliationStatus>(
            "reconciliation_status",
            Column::ReconciliationStatus,
        ),
        Filter::text("severity", Column::Severity),
    ];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("severity", Column::Severity), Sort::by("created_at", Column::CreatedAt)];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("created_at", Column::CreatedAt), Order::Desc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = View;
    type Item = View;

    async fn prepare(
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        settle(draft, body, transaction.scope()).await
    }

    async fn changing(
        before: &Model,
        draft: &mut ActiveModel,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        if *draft.threat_model_id.as_ref() != before.threat_model_id {
            let text = "A finding cannot move to another threat model.";
            return Err(Error::invalid("threat_model", text));
        }
        settle(draft, body, transaction.scope()).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let threats = rows.iter().filter_map(|row| row.matched_threat_library_id);
        let names: HashMap<_, String> = scope.lookup(threats, threat_library::Column::Name).await?;
        let view = |row: Model| View {
            id: row.id,
            threat_model: row.threat_model_id,
            finding_description: row.finding_description,
            severity: row.severity,
            matched_threat_library: row.matched_threat_library_id,
            matched_threat_name: row
                .matched_threat_library_id
                .and_then(|threat| names.get(&threat).cloned()),
            matched_component_countermeasure: row.matched_component_countermeasure_id,
            matched_flow_countermeasure: row.matched_flow_countermeasure_id,
            reconciliation_status: row.reconciliation_status,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

/// Puts a finding into the organization of its model, where all that a request names must live.
async fn settle(draft: &mut ActiveModel, body: &Body, scope: Scope<'_>) -> Result<()> {
    let threat_model = *draft.threat_model_id.as_ref();
    let organization = scope.get(threat_model).await?.organization_id;
    let home = Home { organization, threat_model: Some(threat_model) };
    let field = "matched_threat_library";
    if body.get(field).is_some() {
        home.admit(scope, field, *draft.matched_threat_library_id.as_ref()).await?;
    }
    let field = "matched_component_countermeasure";
    if body.get(field).is_some() {
        home.admit(scope, field, *draft.matched_component_countermeasure_id.as_ref()).await?;
    }
    let field = "matched_flow_countermeasure";
    if body.get(field).is_some() {
        home.admit(scope, field, *draft.matched_flow_countermeasure_id.as_ref()).await?;
    }
    draft.organization_id = Set(organization);
    Ok(())
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    crud::<Findings>()
}
