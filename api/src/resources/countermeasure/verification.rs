//! Tests that show whether countermeasures work.

use aide::axum::ApiRouter;
use domain::{
    Error, Result, Scope, Transaction,
    countermeasure::coverage::{self, Covered, Named},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id, Ref,
    choice::VerificationMethod,
    component_countermeasure, flow_countermeasure,
    verification_test::{ActiveModel, Column, Entity, Model},
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;
use serde_json::Value;

use crate::{
    input::{Body, Field, Filter, Sort, read_key},
    resource::{Resource, Sorting, routes as crud},
    state::AppState,
    wire::Timestamp,
};

struct Tests;

/// A test that shows whether countermeasures work. `countermeasures` may also be sent: a list of
/// `type` (`component` or `flow`) and `id`; it replaces what the test covered before.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "VerificationTest")]
struct View {
    id: Id<Entity>,
    name: String,
    method: VerificationMethod,
    last_run_at: Option<Timestamp>,
    passed: bool,
    evidence: String,
    /// What the test covers.
    countermeasures: Vec<Countermeasure>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A countermeasure that a test covers.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "camelCase")]
#[schemars(rename = "CoveredCountermeasure")]
enum Countermeasure {
    /// Of a component.
    Component { id: Id<component_countermeasure::Entity> },
    /// Of a data flow.
    Flow { id: Id<flow_countermeasure::Entity> },
}

impl Resource for Tests {
    const NAME: &'static str = "VerificationTest";
    const PATH: &'static str = "/api/verification-tests/";
    const TAG: &'static str = "Verification";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::choice::<VerificationMethod>("method", Column::Method, "").required(),
        Field::date_time("last_run_at", Column::LastRunAt),
        Field::flag("passed", Column::Passed),
        Field::long_text("evidence", Column::Evidence),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::choice::<VerificationMethod>("method", Column::Method),
        Filter::flag("passed", Column::Passed),
    ];
    const SEARCH: &'static [Column] = &[Column::Name];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("name", Column::Name), Order::Asc)];

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
        let actor = transaction.actor();
        let organization = match named(body)? {
            Some(named) => home_of(&named, transaction.scope()).await?,
            None => None,
        };
        let organization = organization.or_else(|| actor.writing_organizations().next());
        draft.organization_id = Set(organization.ok_or_else(Error::forbidden)?);
        draft.created_by_id = Set(actor.user());
        Ok(())
    }

    async fn saved(
        _: Option<&Model>,
        row: &Model,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        match named(body)? {
            Some(named) => coverage::cover(transaction, row, &named).await,
            None => Ok(()),
        }
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut covered = coverage::covered(scope, &ids).await?;
        let view = |row: Model| View {
            id: row.id,
            name: row.name,
            method: row.method,
            last_run_at: row.last_run_at.map(Timestamp),
            passed: row.passed,
            evidence: row.evidence,
            countermeasures: listed(covered.remove(&row.id).unwrap_or_default()),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

fn listed(covered: Covered) -> Vec<Countermeasure> {
    let component = covered.component.into_iter().map(|id| Countermeasure::Component { id });
    component.chain(covered.flow.into_iter().map(|id| Countermeasure::Flow { id })).collect()
}

/// The countermeasures in a request, if it says anything about them.
fn named(body: &Body) -> Result<Option<Named>> {
    let Some(list) = body.get("countermeasures") else { return Ok(None) };
    let wrong = || {
        let text = "Expected a list of objects with type (component or flow) and id.";
        Error::invalid("countermeasures", text)
    };
    let mut named = Named::default();
    for item in list.as_array().ok_or_else(wrong)? {
        let key = item.get("id").and_then(|id| read_key(id).ok()).ok_or_else(wrong)?;
        match item.get("type").and_then(Value::as_str) {
            Some("component") => named.component.push(Ref::new(key)),
            Some("flow") => named.flow.push(Ref::new(key)),
            _ => return Err(wrong()),
        }
    }
    Ok(Some(named))
}

/// The organization of the first countermeasure that is named.
async fn home_of(
    named: &Named,
    scope: Scope<'_>,
) -> Result<Option<Id<entity::organization::Entity>>> {
    use domain::threat::Home;
    if let Some(first) = named.component.first() {
        return Ok(Home::of(scope, *first).await.ok().map(|home| home.organization));
    }
    if let Some(first) = named.flow.first() {
        return Ok(Home::of(scope, *first).await.ok().map(|home| home.organization));
    }
    Ok(None)
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    crud::<Tests>()
}
