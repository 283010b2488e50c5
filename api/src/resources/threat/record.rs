//! Threats as records.

use std::{collections::HashMap, marker::PhantomData};

use domain::{
    Error, Result, Scope, Transaction,
    library::classification::classifications,
    permission::{ReadModels, WriteModels},
    risk,
    threat::{
        Home,
        applying::snapshot,
        kind::{Column, Draft, Row, drafted, value},
    },
};
use entity::{
    Document, Id,
    choice::{Severity, ThreatStatus},
    component, threat_library,
};
use schemars::JsonSchema;
use sea_orm::ActiveModelTrait;
use serde::Serialize;
use serde_json::{Value, json};

use super::ThreatKind;
use crate::{
    input::{Body, Field, Filter, Sort},
    resource::{Resource, Sorting},
    wire::Timestamp,
};

/// Threats of one kind.
pub(crate) struct Threats<K>(PhantomData<fn() -> K>);

/// Something bad that may happen to a component or to a data flow.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}")]
pub(crate) struct View<T> {
    id: i64,
    #[serde(flatten)]
    threatened: T,
    /// The library threat that it was made from.
    threat_library: Option<Id<threat_library::Entity>>,
    /// The own name, else the library's.
    threat_name_display: Option<String>,
    /// How taxonomies such as STRIDE, CWE and CAPEC classify it.
    taxonomy_entries: Value,
    /// How grave it is without countermeasures.
    inherent_severity: Severity,
    /// How grave it is with them: empty, or one of the severities.
    residual_severity: String,
    /// How far it is countered. Follows the countermeasures.
    status: ThreatStatus,
    /// What the severity was derived from, in any form.
    severity_scoring_metadata: Document,
    /// Whether it counts no longer.
    is_dismissed: bool,
    dismissal_reason: String,
    format_metadata: Document,
    /// The position among the threats.
    display_order: i32,
    impact_description: String,
    /// The component that acts.
    threat_actor: Option<Id<component::Entity>>,
    threat_actor_name: Option<String>,
    /// Who acts, in words.
    threat_actor_text: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<K: ThreatKind> Resource for Threats<K> {
    const NAME: &'static str = K::THREATS.name;
    const PATH: &'static str = K::THREATS.path;
    const TAG: &'static str = K::THREATS.tag;
    const UNIQUE: &'static str = K::THREATS.unique;
    const FIELDS: &'static [Field<Column<K::Threat>>] = K::THREAT_FORM.fields;
    const FILTERS: &'static [Filter<Column<K::Threat>>] = K::THREAT_FORM.filters;
    const ORDERING: &'static [Sort<Column<K::Threat>>] = K::THREAT_FORM.ordering;
    const DEFAULT_ORDER: &'static [Sorting<Self>] = K::THREAT_FORM.default_order;

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = K::Threat;
    type View = View<K::Threatened>;
    type Item = View<K::Threatened>;

    async fn prepare(
        draft: &mut Draft<K::Threat>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        draft.set(K::THREAT.organization, home.organization.into());
        draft.set(K::THREAT.threat_model, home.threat_model.into());
        draft.set(K::THREAT.taxonomy_snapshot, Document(json!([])).into());
        copy_library::<K>(draft, transaction.scope()).await
    }

    async fn changing(
        before: &Row<K::Threat>,
        draft: &mut Draft<K::Threat>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        if Some(home.threat_model) != drafted::<K::Threat, _>(draft, K::THREAT.threat_model) {
            let text = "A threat cannot move to another threat model.";
            return Err(Error::invalid(K::THREAT_FORM.parent, text));
        }
        let former: Option<Id<threat_library::Entity>> =
            value::<K::Threat, _>(before, K::THREAT.library);
        if Some(former) == drafted::<K::Threat, _>(draft, K::THREAT.library) {
            return Ok(());
        }
        if body.get("threat_name").is_none() {
            draft.set(K::THREAT.name, "".into());
            draft.set(K::THREAT.description, "".into());
        }
        copy_library::<K>(draft, transaction.scope()).await
    }

    async fn saved(
        before: Option<&Row<K::Threat>>,
        row: &Row<K::Threat>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let is_dismissed =
            |row: &Row<K::Threat>| value::<K::Threat, bool>(row, K::THREAT.is_dismissed);
        if before.is_some_and(|before| is_dismissed(before) != is_dismissed(row)) {
            risk::follow_threats::<K>(transaction, &[K::threat_id(row)]).await?;
        }
        Ok(())
    }

    async fn delete(row: Row<K::Threat>, transaction: &Transaction<'_>) -> Result<()> {
        let id = K::threat_id(&row);
        let risks = risk::linked_to::<K>(transaction.scope(), &[id]).await?;
        transaction.delete::<K::Threat>(id).await?;
        risk::follow_risks(transaction, &risks.into_iter().collect::<Vec<_>>()).await
    }

    async fn views(rows: Vec<Row<K::Threat>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }

    async fn items(rows: Vec<Row<K::Threat>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }
}

/// Checks that what a request names lives where the threat does, and says where that is.
async fn settle<K: ThreatKind>(
    draft: &Draft<K::Threat>,
    body: &Body,
    scope: Scope<'_>,
) -> Result<Home> {
    let columns = K::THREAT;
    let place: Id<K::Place> =
        drafted::<K::Threat, _>(draft, columns.parent).ok_or(Error::NotFound)?;
    let home = Home::of::<K::Place>(scope, place).await?;
    if body.get("threat_library").is_some() {
        let library: Option<Id<threat_library::Entity>> =
            drafted::<K::Threat, _>(draft, columns.library).flatten();
        home.admit(scope, "threat_library", library).await?;
    }
    if body.get("threat_actor").is_some() {
        let actor: Option<Id<component::Entity>> =
            drafted::<K::Threat, _>(draft, columns.actor).flatten();
        home.admit(scope, "threat_actor", actor).await?;
    }
    Ok(home)
}

/// Copies the words of the library threat, so that they outlive it.
async fn copy_library<K: ThreatKind>(draft: &mut Draft<K::Threat>, scope: Scope<'_>) -> Result<()> {
    let columns = K::THREAT;
    let library: Option<Id<threat_library::Entity>> =
        drafted::<K::Threat, _>(draft, columns.library).flatten();
    let Some(library) = library else { return Ok(()) };
    let mut entries = classifications(scope, [library]).await?;
    let entries = entries.remove(&library).unwrap_or_default();
    draft.set(columns.taxonomy_snapshot, snapshot(&entries).into());
    let library = scope.get(library).await?;
    for (column, words) in
        [(columns.name, library.name), (columns.description, library.description)]
    {
        let own: Option<String> = drafted::<K::Threat, _>(draft, column);
        if own.is_none_or(|own| own.is_empty()) {
            draft.set(column, words.into());
        }
    }
    Ok(())
}

/// Threats as clients read them, in at most four statements.
pub(super) async fn views<K: ThreatKind>(
    rows: &[Row<K::Threat>],
    scope: Scope<'_>,
) -> Result<Vec<View<K::Threatened>>> {
    let labels = places::<K>(rows, scope).await?;
    let actors: Vec<_> = rows.iter().filter_map(actor::<K>).collect();
    let actors: HashMap<_, String> = scope.lookup(actors, component::Column::Name).await?;
    let libraries = rows.iter().filter_map(library::<K>);
    let entries = classifications(scope, libraries).await?;
    let unnamed = rows.iter().filter(|row| own_name::<K>(row).is_none());
    let libraries = unnamed.filter_map(library::<K>);
    let names: HashMap<_, String> = scope.lookup(libraries, threat_library::Column::Name).await?;
    let none = Vec::new();
    let view = |row: &Row<K::Threat>| {
        let place = place::<K>(row);
        let label = labels.get(&place).cloned().unwrap_or_default();
        let library = library::<K>(row);
        let name = own_name::<K>(row).or_else(|| names.get(&library?).cloned());
        let classified = library.map(|library| json!(entries.get(&library).unwrap_or(&none)));
        let actor_name = actor::<K>(row).and_then(|actor| actors.get(&actor).cloned());
        View {
            threat_name_display: name,
            threat_actor_name: actor_name,
            ..bare::<K>(row, place, label, classified)
        }
    };
    Ok(rows.iter().map(view).collect())
}

/// A threat without the names that other tables hold.
fn bare<K: ThreatKind>(
    row: &Row<K::Threat>,
    place: Id<K::Place>,
    label: String,
    classified: Option<Value>,
) -> View<K::Threatened> {
    let columns = K::THREAT;
    let snapshot: Document = value::<K::Threat, _>(row, columns.taxonomy_snapshot);
    View {
        id: K::threat_id(row).key(),
        threatened: K::threatened(place, label),
        threat_library: library::<K>(row),
        threat_name_display: None,
        taxonomy_entries: classified.unwrap_or(snapshot.0),
        inherent_severity: value::<K::Threat, _>(row, columns.inherent_severity),
        residual_severity: value::<K::Threat, _>(row, columns.residual_severity),
        status: value::<K::Threat, _>(row, columns.status),
        severity_scoring_metadata: value::<K::Threat, _>(row, columns.severity_scoring_metadata),
        is_dismissed: value::<K::Threat, _>(row, columns.is_dismissed),
        dismissal_reason: value::<K::Threat, _>(row, columns.dismissal_reason),
        format_metadata: value::<K::Threat, _>(row, columns.format_metadata),
        display_order: value::<K::Threat, _>(row, columns.display_order),
        impact_description: value::<K::Threat, _>(row, columns.impact_description),
        threat_actor: actor::<K>(row),
        threat_actor_name: None,
        threat_actor_text: value::<K::Threat, _>(row, columns.actor_text),
        created_at: Timestamp(value::<K::Threat, _>(row, columns.created_at)),
        updated_at: Timestamp(value::<K::Threat, _>(row, columns.updated_at)),
    }
}

async fn places<K: ThreatKind>(
    rows: &[Row<K::Threat>],
    scope: Scope<'_>,
) -> Result<HashMap<Id<K::Place>, String>> {
    scope.lookup(rows.iter().map(place::<K>), K::LABEL).await
}

/// The display name of one threat.
pub(super) async fn name_of<K: ThreatKind>(
    row: &Row<K::Threat>,
    scope: Scope<'_>,
) -> Result<Option<String>> {
    if let Some(name) = own_name::<K>(row) {
        return Ok(Some(name));
    }
    let Some(library) = library::<K>(row) else { return Ok(None) };
    Ok(scope.lookup([library], threat_library::Column::Name).await?.remove(&library))
}

fn place<K: ThreatKind>(row: &Row<K::Threat>) -> Id<K::Place> {
    value::<K::Threat, _>(row, K::THREAT.parent)
}

fn library<K: ThreatKind>(row: &Row<K::Threat>) -> Option<Id<threat_library::Entity>> {
    value::<K::Threat, _>(row, K::THREAT.library)
}

fn actor<K: ThreatKind>(row: &Row<K::Threat>) -> Option<Id<component::Entity>> {
    value::<K::Threat, _>(row, K::THREAT.actor)
}

fn own_name<K: ThreatKind>(row: &Row<K::Threat>) -> Option<String> {
    let name: String = value::<K::Threat, _>(row, K::THREAT.name);
    Some(name).filter(|name| !name.is_empty())
}
