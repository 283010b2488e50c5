//! Copying countermeasures of the library to threats, with names and compliance mappings.

use std::collections::{HashMap, HashSet};

use entity::{
    Document, Id, Ref,
    choice::{CountermeasureStatus, DefaultStatus, Sufficiency},
    countermeasure_library, countermeasure_standard, framework, organization, requirement,
    threat_library, threat_library_countermeasure, threat_model,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, FromQueryResult, JoinType, ModelTrait, QuerySelect,
    RelationTrait,
};
use serde_json::json;

use super::{
    Kind,
    kind::{Draft, Row, value},
};
use crate::{
    Error, Result, Scope, Transaction, countermeasure, library::classification::Classification,
    store::KEYS_PER_STATEMENT,
};

type LibraryId = Id<countermeasure_library::Entity>;

/// A countermeasure of the library that is to counter a threat.
#[derive(Clone, Copy, Debug)]
pub struct Application<'l, K: Kind> {
    /// The threat.
    pub threat: Id<K::Threat>,
    /// The organization of the threat.
    pub organization: Id<organization::Entity>,
    /// The threat model of the threat.
    pub threat_model: Option<Id<threat_model::Entity>>,
    /// What is copied.
    pub library: &'l countermeasure_library::Model,
    /// The status to begin with.
    pub status: CountermeasureStatus,
}

/// A requirement that a library countermeasure helps to meet.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Mapping {
    countermeasure_library_id: LibraryId,
    pub(crate) requirement_id: Id<requirement::Entity>,
    pub(crate) sufficiency: Sufficiency,
    section_code: String,
    framework_name: String,
    description: String,
}

/// The status that a library countermeasure begins with when nobody says otherwise.
pub const fn first_status(library: &countermeasure_library::Model) -> CountermeasureStatus {
    match library.default_status {
        DefaultStatus::Gap => CountermeasureStatus::Gap,
        DefaultStatus::Platform => CountermeasureStatus::Platform,
    }
}

/// Copies library countermeasures to threats. Returns the copies in the order of the applications.
///
/// The number of statements does not depend on the number of applications up to 500. Neither the
/// status of the threats nor their risks are recalculated.
pub async fn apply<K: Kind>(
    transaction: &Transaction<'_>,
    applications: &[Application<'_, K>],
) -> Result<Vec<Row<K::Countermeasure>>> {
    let drafts = applications.iter().map(draft::<K>).collect();
    let copies = transaction.insert_many::<Draft<K::Countermeasure>>(drafts).await?;
    map_requirements::<K>(transaction, &copies).await?;
    Ok(copies)
}

/// Copies the compliance mappings of the library to new countermeasures that were made from it.
pub async fn map_requirements<K: Kind>(
    transaction: &Transaction<'_>,
    copies: &[Row<K::Countermeasure>],
) -> Result<()> {
    let library = |copy: &Row<K::Countermeasure>| -> Option<LibraryId> {
        value::<K::Countermeasure, _>(copy, K::COUNTERMEASURE.library)
    };
    let libraries = copies.iter().filter_map(library).collect();
    let mappings = mappings(transaction.scope(), libraries).await?;
    let standards = copies
        .iter()
        .flat_map(|copy| {
            let found = library(copy).and_then(|library| mappings.get(&library));
            found.into_iter().flatten().map(|mapping| standard::<K>(copy, mapping))
        })
        .collect();
    transaction.insert_many::<Draft<K::Standard>>(standards).await?;
    Ok(())
}

/// Copies one library countermeasure to a threat, with what follows from it.
///
/// Without a status it begins with the library's own, which everybody may take, even `platform`.
pub async fn apply_to<K: Kind>(
    transaction: &Transaction<'_>,
    threat: &Row<K::Threat>,
    library: Ref<countermeasure_library::Entity>,
    status: Option<CountermeasureStatus>,
) -> Result<(Row<K::Countermeasure>, countermeasure_library::Model)> {
    let organization = value::<K::Threat, _>(threat, K::THREAT.organization);
    let id: Id<K::Threat> = value::<K::Threat, _>(threat, K::THREAT.id);
    if let Some(status) = status {
        countermeasure::may_have_status(transaction.actor(), organization, None, status)?;
    }
    let library = library_item(transaction.scope(), organization, library).await?;
    if is_applied::<K>(transaction.scope(), id, library.id).await? {
        return Err(Error::unfit("Countermeasure already applied to this threat"));
    }
    let application = Application::<K> {
        threat: id,
        organization,
        threat_model: value::<K::Threat, _>(threat, K::THREAT.threat_model),
        library: &library,
        status: status.unwrap_or_else(|| first_status(&library)),
    };
    let copy = apply(transaction, &[application]).await?.pop().ok_or(Error::NotFound)?;
    countermeasure::follow::<K>(transaction, &[id]).await?;
    Ok((copy, library))
}

/// Countermeasures that the library links to a threat: those that are still to be applied, and
/// those that are. Both are empty for a threat that was not made from the library.
pub async fn suggestions<K: Kind>(
    scope: Scope<'_>,
    threat: &Row<K::Threat>,
) -> Result<(Vec<countermeasure_library::Model>, Vec<countermeasure_library::Model>)> {
    use threat_library_countermeasure as link;
    let library: Option<Id<threat_library::Entity>> =
        value::<K::Threat, _>(threat, K::THREAT.library);
    let Some(library) = library else { return Ok((Vec::new(), Vec::new())) };
    let id: Id<K::Threat> = value::<K::Threat, _>(threat, K::THREAT.id);
    let linked = scope
        .find::<link::Entity>()
        .filter(link::Column::ThreatLibraryId.eq(library))
        .subquery(link::Column::CountermeasureLibraryId);
    let linked = scope
        .find::<countermeasure_library::Entity>()
        .filter(countermeasure_library::Column::Id.in_subquery(linked))
        .ascending([countermeasure_library::Column::Name, countermeasure_library::Column::Id])
        .all()
        .await?;
    let applied: Vec<Option<LibraryId>> = scope
        .find::<K::Countermeasure>()
        .filter(K::COUNTERMEASURE.parent.eq(id))
        .values(K::COUNTERMEASURE.library)
        .await?;
    Ok(linked.into_iter().partition(|item| !applied.contains(&Some(item.id))))
}

async fn library_item(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
    library: Ref<countermeasure_library::Entity>,
) -> Result<countermeasure_library::Model> {
    scope
        .find::<countermeasure_library::Entity>()
        .filter(countermeasure_library::Column::Id.eq(library.key()))
        .filter(countermeasure_library::Column::OrganizationId.eq(organization))
        .one()
        .await?
        .ok_or_else(|| Error::missing("Countermeasure not found"))
}

async fn is_applied<K: Kind>(
    scope: Scope<'_>,
    threat: Id<K::Threat>,
    library: LibraryId,
) -> Result<bool> {
    scope
        .find::<K::Countermeasure>()
        .filter(K::COUNTERMEASURE.parent.eq(threat))
        .filter(K::COUNTERMEASURE.library.eq(library))
        .exists()
        .await
}

/// What a threat keeps of its classification for the time when the library threat is gone.
pub fn snapshot(entries: &[Classification]) -> Document {
    let kept = entries.iter().map(|entry| {
        json!({
            "taxonomySlug": entry.taxonomy_slug,
            "externalId": entry.external_id,
            "title": entry.title,
        })
    });
    Document(kept.collect())
}

fn draft<K: Kind>(application: &Application<'_, K>) -> Draft<K::Countermeasure> {
    let columns = K::COUNTERMEASURE;
    let library = application.library;
    let mut row = Draft::<K::Countermeasure>::default();
    row.set(columns.organization, application.organization.into());
    row.set(columns.threat_model, application.threat_model.into());
    row.set(columns.parent, application.threat.into());
    row.set(columns.library, Some(library.id).into());
    row.set(columns.name, library.name.clone().into());
    row.set(columns.description, library.description.clone().into());
    row.set(columns.control_type, library.control_type.clone().into());
    row.set(columns.status, application.status.into());
    row
}

/// A compliance mapping of a countermeasure, as its library has it.
pub(crate) fn standard<K: Kind>(
    copy: &Row<K::Countermeasure>,
    mapping: &Mapping,
) -> Draft<K::Standard> {
    let (columns, of) = (K::STANDARD, K::COUNTERMEASURE);
    let mut row = Draft::<K::Standard>::default();
    row.set(columns.organization, copy.get(of.organization));
    row.set(columns.threat_model, copy.get(of.threat_model));
    row.set(columns.parent, copy.get(of.id));
    row.set(columns.requirement, Some(mapping.requirement_id).into());
    row.set(columns.sufficiency, mapping.sufficiency.into());
    row.set(columns.section_code, mapping.section_code.clone().into());
    row.set(columns.framework_name, mapping.framework_name.clone().into());
    row.set(columns.requirement_description, mapping.description.clone().into());
    row
}

/// The compliance mappings of library countermeasures, in one statement.
pub(crate) async fn mappings(
    scope: Scope<'_>,
    libraries: HashSet<LibraryId>,
) -> Result<HashMap<LibraryId, Vec<Mapping>>> {
    use countermeasure_standard::{Column, Relation};
    let libraries: Vec<_> = libraries.into_iter().collect();
    let mut found: HashMap<_, Vec<Mapping>> = HashMap::new();
    for chunk in libraries.chunks(KEYS_PER_STATEMENT) {
        let rows: Vec<Mapping> = scope
            .find::<countermeasure_standard::Entity>()
            .filter(Column::CountermeasureLibraryId.is_in(chunk.iter().copied()))
            .shape(|select| {
                select
                    .join(JoinType::InnerJoin, Relation::Requirement.def())
                    .join(JoinType::InnerJoin, requirement::Relation::Framework.def())
                    .select_only()
                    .columns([Column::CountermeasureLibraryId, Column::RequirementId])
                    .column(Column::Sufficiency)
                    .column(requirement::Column::SectionCode)
                    .column(requirement::Column::Description)
                    .column_as(framework::Column::Name, "framework_name")
            })
            .ascending([Column::Id])
            .rows()
            .await?;
        for mapping in rows {
            found.entry(mapping.countermeasure_library_id).or_default().push(mapping);
        }
    }
    Ok(found)
}
