//! Countermeasures as records.

use std::{collections::HashMap, marker::PhantomData};

use domain::{
    Error, Result, Scope, Transaction, Violations, countermeasure,
    permission::{ReadModels, WriteModels},
    threat::{
        Home, applying,
        kind::{Column, Draft, Row, drafted, value},
    },
};
use entity::{Document, Id, choice::CountermeasureStatus, countermeasure_library, user};
use schemars::JsonSchema;
use sea_orm::{ActiveEnum, ActiveModelTrait, ColumnTrait, Iterable, QuerySelect};
use serde::Serialize;

use crate::{
    input::{Body, Field, Filter},
    resource::{Resource, Sorting},
    resources::threat::ThreatKind,
    wire::Timestamp,
};

/// The priority of a countermeasure for which none was stated.
const NO_PRIORITY: &str = "none";

/// Countermeasures of one kind.
pub(crate) struct Countermeasures<K>(PhantomData<fn() -> K>);

/// Something that is done against a threat.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}")]
pub(crate) struct View<T> {
    id: i64,
    #[serde(flatten)]
    countered: T,
    /// The library countermeasure that it was made from.
    countermeasure_library: Option<Id<countermeasure_library::Entity>>,
    /// The own name, else the library's.
    countermeasure_name_display: Option<String>,
    /// The own type, else the library's; usually `preventive`, `detective`, `corrective` or
    /// `procedural`.
    control_type_display: Option<String>,
    /// The share of the risk that it removes, 0 to 1. Null: follows from the status.
    effectiveness: Option<f64>,
    status: CountermeasureStatus,
    /// How urgent it is, in free words.
    priority: String,
    verified_by: Option<Id<user::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified_by_email: Option<String>,
    /// Where the evidence is. For a waived countermeasure: why it was waived.
    evidence_url: String,
    required_for_release: bool,
    assigned_owner: Option<Id<user::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned_owner_email: Option<String>,
    format_metadata: Document,
    /// The position among the countermeasures of the threat.
    display_order: i32,
    /// Whether an outer zone provides it.
    is_inherited: bool,
    inherited_from_component_name: String,
    inherited_from_zone_name: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<K: ThreatKind> Resource for Countermeasures<K> {
    const NAME: &'static str = K::COUNTERMEASURES.name;
    const PATH: &'static str = K::COUNTERMEASURES.path;
    const TAG: &'static str = K::COUNTERMEASURES.tag;
    const UNIQUE: &'static str = K::COUNTERMEASURES.unique;
    const FIELDS: &'static [Field<Column<K::Countermeasure>>] = K::COUNTERMEASURE_FORM.fields;
    const FILTERS: &'static [Filter<Column<K::Countermeasure>>] = K::COUNTERMEASURE_FORM.filters;
    const DEFAULT_ORDER: &'static [Sorting<Self>] = K::COUNTERMEASURE_FORM.default_order;

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = K::Countermeasure;
    type View = View<K::Countered>;
    type Item = View<K::Countered>;

    fn examine(body: &Body, before: Option<&Row<K::Countermeasure>>) -> Violations {
        let Some(evidence) = body.get("evidence_url").and_then(serde_json::Value::as_str) else {
            return Violations::default();
        };
        let named = body.get("status").and_then(serde_json::Value::as_str);
        let named = named
            .and_then(|word| CountermeasureStatus::iter().find(|status| status.to_value() == word));
        let status = named.or(before.map(status::<K>)).unwrap_or_default();
        match countermeasure::required_evidence(status, evidence.trim()) {
            Err(Error::Invalid(violations)) => violations,
            _ => Violations::default(),
        }
    }

    async fn prepare(
        draft: &mut Draft<K::Countermeasure>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let columns = K::COUNTERMEASURE;
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        let status = drafted::<K::Countermeasure, _>(draft, columns.status).unwrap_or_default();
        let actor = transaction.actor();
        countermeasure::may_have_status(actor, home.organization, None, status)?;
        draft.set(columns.organization, home.organization.into());
        draft.set(columns.threat_model, home.threat_model.into());
        if body.get("priority").is_none() {
            draft.set(columns.priority, NO_PRIORITY.into());
        }
        copy_library::<K>(draft, transaction.scope()).await
    }

    async fn changing(
        before: &Row<K::Countermeasure>,
        draft: &mut Draft<K::Countermeasure>,
        body: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        let columns = K::COUNTERMEASURE;
        let home = settle::<K>(draft, body, transaction.scope()).await?;
        if Some(home.threat_model) != drafted::<K::Countermeasure, _>(draft, columns.threat_model) {
            let text = "A countermeasure cannot move to another threat model.";
            return Err(Error::invalid(K::COUNTERMEASURE_FORM.parent, text));
        }
        let (former, actor) = (status::<K>(before), transaction.actor());
        let status = drafted::<K::Countermeasure, _>(draft, columns.status).unwrap_or(former);
        countermeasure::may_have_status(actor, home.organization, Some(former), status)?;
        let evidence: String = value::<K::Countermeasure, _>(before, columns.evidence_url);
        let is_outdated = countermeasure::required_evidence(status, &evidence).is_err();
        if body.get("evidence_url").is_none() && is_outdated {
            draft.set(columns.evidence_url, "".into());
        }
        Ok(())
    }

    async fn saved(
        before: Option<&Row<K::Countermeasure>>,
        row: &Row<K::Countermeasure>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        if before.is_none() {
            applying::map_requirements::<K>(transaction, std::slice::from_ref(row)).await?;
        }
        let mut threats = vec![threat::<K>(row)];
        threats.extend(before.map(threat::<K>).filter(|former| !threats.contains(former)));
        countermeasure::follow::<K>(transaction, &threats).await
    }

    async fn delete(row: Row<K::Countermeasure>, transaction: &Transaction<'_>) -> Result<()> {
        let id: Id<K::Countermeasure> = value::<K::Countermeasure, _>(&row, K::COUNTERMEASURE.id);
        transaction.delete::<K::Countermeasure>(id).await?;
        countermeasure::follow::<K>(transaction, &[threat::<K>(&row)]).await
    }

    async fn views(rows: Vec<Row<K::Countermeasure>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }

    async fn items(rows: Vec<Row<K::Countermeasure>>, scope: Scope<'_>) -> Result<Vec<Self::View>> {
        views::<K>(&rows, scope).await
    }
}

/// Checks that what a request names lives where the threat does, and says where that is.
async fn settle<K: ThreatKind>(
    draft: &Draft<K::Countermeasure>,
    body: &Body,
    scope: Scope<'_>,
) -> Result<Home> {
    let columns = K::COUNTERMEASURE;
    let threat: Id<K::Threat> =
        drafted::<K::Countermeasure, _>(draft, columns.parent).ok_or(Error::NotFound)?;
    let home = Home::of::<K::Threat>(scope, threat).await?;
    if body.get("countermeasure_library").is_some() {
        let library: Option<LibraryId> =
            drafted::<K::Countermeasure, _>(draft, columns.library).flatten();
        home.admit(scope, "countermeasure_library", library).await?;
    }
    for (field, column) in
        [("verified_by", columns.verified_by), ("assigned_owner", columns.assigned_owner)]
    {
        if body.get(field).is_none() {
            continue;
        }
        let user: Option<Id<user::Entity>> =
            drafted::<K::Countermeasure, _>(draft, column).flatten();
        home.admit_user(scope, field, user).await?;
    }
    Ok(home)
}

/// Copies the words of the library countermeasure, so that they outlive it.
async fn copy_library<K: ThreatKind>(
    draft: &mut Draft<K::Countermeasure>,
    scope: Scope<'_>,
) -> Result<()> {
    let columns = K::COUNTERMEASURE;
    let library: Option<LibraryId> =
        drafted::<K::Countermeasure, _>(draft, columns.library).flatten();
    let Some(library) = library else { return Ok(()) };
    let library = scope.get(library).await?;
    for (column, words) in [
        (columns.name, library.name),
        (columns.description, library.description),
        (columns.control_type, library.control_type),
    ] {
        let own: Option<String> = drafted::<K::Countermeasure, _>(draft, column);
        if own.is_none_or(|own| own.is_empty()) {
            draft.set(column, words.into());
        }
    }
    Ok(())
}

type LibraryId = Id<countermeasure_library::Entity>;

/// Countermeasures as clients read them, in two statements.
pub(crate) async fn views<K: ThreatKind>(
    rows: &[Row<K::Countermeasure>],
    scope: Scope<'_>,
) -> Result<Vec<View<K::Countered>>> {
    let columns = K::COUNTERMEASURE;
    let user = |row: &Row<K::Countermeasure>, column| -> Option<Id<user::Entity>> {
        value::<K::Countermeasure, _>(row, column)
    };
    let users: Vec<_> = rows
        .iter()
        .flat_map(|row| [user(row, columns.verified_by), user(row, columns.assigned_owner)])
        .flatten()
        .collect();
    let people = scope.people(users).await?;
    let words = library_words(scope, rows.iter().filter_map(library::<K>)).await?;
    let email = |user: Option<Id<user::Entity>>| {
        user.and_then(|user| people.get(&user)).map(|person| person.email.clone())
    };
    let view = |row: &Row<K::Countermeasure>| {
        let own = |column| {
            let text: String = value::<K::Countermeasure, _>(row, column);
            Some(text).filter(|text| !text.is_empty())
        };
        let (name, control_type) =
            library::<K>(row).and_then(|library| words.get(&library).cloned()).unzip();
        View {
            countermeasure_name_display: own(columns.name).or(name),
            control_type_display: own(columns.control_type).or(control_type),
            verified_by_email: email(user(row, columns.verified_by)),
            assigned_owner_email: email(user(row, columns.assigned_owner)),
            ..bare::<K>(row)
        }
    };
    Ok(rows.iter().map(view).collect())
}

/// A countermeasure without what other tables hold.
fn bare<K: ThreatKind>(row: &Row<K::Countermeasure>) -> View<K::Countered> {
    let columns = K::COUNTERMEASURE;
    let id: Id<K::Countermeasure> = value::<K::Countermeasure, _>(row, columns.id);
    View {
        id: id.key(),
        countered: K::countered(threat::<K>(row)),
        countermeasure_library: library::<K>(row),
        countermeasure_name_display: None,
        control_type_display: None,
        effectiveness: value::<K::Countermeasure, _>(row, columns.effectiveness),
        status: status::<K>(row),
        priority: value::<K::Countermeasure, _>(row, columns.priority),
        verified_by: value::<K::Countermeasure, _>(row, columns.verified_by),
        verified_by_email: None,
        evidence_url: value::<K::Countermeasure, _>(row, columns.evidence_url),
        required_for_release: value::<K::Countermeasure, _>(row, columns.required_for_release),
        assigned_owner: value::<K::Countermeasure, _>(row, columns.assigned_owner),
        assigned_owner_email: None,
        format_metadata: value::<K::Countermeasure, _>(row, columns.format_metadata),
        display_order: value::<K::Countermeasure, _>(row, columns.display_order),
        is_inherited: value::<K::Countermeasure, _>(row, columns.is_inherited),
        inherited_from_component_name: value::<K::Countermeasure, _>(
            row,
            columns.inherited_from_component_name,
        ),
        inherited_from_zone_name: value::<K::Countermeasure, _>(
            row,
            columns.inherited_from_zone_name,
        ),
        created_at: Timestamp(value::<K::Countermeasure, _>(row, columns.created_at)),
        updated_at: Timestamp(value::<K::Countermeasure, _>(row, columns.updated_at)),
    }
}

/// Name and type of library countermeasures.
async fn library_words(
    scope: Scope<'_>,
    libraries: impl Iterator<Item = LibraryId>,
) -> Result<HashMap<LibraryId, (String, String)>> {
    use countermeasure_library::Column;
    let mut libraries: Vec<_> = libraries.collect();
    libraries.sort_unstable();
    libraries.dedup();
    if libraries.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(LibraryId, String, String)> = scope
        .find::<countermeasure_library::Entity>()
        .filter(Column::Id.is_in(libraries))
        .shape(|select| {
            select.select_only().columns([Column::Id, Column::Name, Column::ControlType])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().map(|(id, name, control_type)| (id, (name, control_type))).collect())
}

fn threat<K: ThreatKind>(row: &Row<K::Countermeasure>) -> Id<K::Threat> {
    value::<K::Countermeasure, _>(row, K::COUNTERMEASURE.parent)
}

fn library<K: ThreatKind>(row: &Row<K::Countermeasure>) -> Option<LibraryId> {
    value::<K::Countermeasure, _>(row, K::COUNTERMEASURE.library)
}

fn status<K: ThreatKind>(row: &Row<K::Countermeasure>) -> CountermeasureStatus {
    value::<K::Countermeasure, _>(row, K::COUNTERMEASURE.status)
}
