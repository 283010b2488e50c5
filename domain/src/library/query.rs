//! What an organization's library holds, each in a constant number of statements.

use std::collections::{BTreeMap, HashMap, HashSet};

use entity::{
    Id, Tenanted, component_library, countermeasure_library, dfd_template, framework, organization,
    pack, taxonomy, threat_library,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, QuerySelect};
use serde::Serialize;

use super::{preview::Imported, rows::Brought, validation::KnownLibrary};
use crate::{Result, Scope};

/// How many items of each kind came with a pack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContentSummary {
    pub components: i64,
    pub threats: i64,
    pub countermeasures: i64,
    pub templates: i64,
    pub taxonomies: i64,
    #[serde(skip)]
    pub frameworks: i64,
}

impl ContentSummary {
    /// Whether anything came with the pack.
    pub fn is_imported(&self) -> bool {
        *self != Self::default()
    }
}

/// The names of what an organization's library holds.
pub async fn known_library(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
) -> Result<KnownLibrary> {
    Ok(KnownLibrary {
        components: names::<component_library::Entity>(scope, organization).await?,
        threats: names::<threat_library::Entity>(scope, organization).await?,
        countermeasures: names::<countermeasure_library::Entity>(scope, organization).await?,
        taxonomies: names::<taxonomy::Entity>(scope, organization).await?,
        frameworks: names::<framework::Entity>(scope, organization).await?,
    })
}

async fn names<E: Brought>(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
) -> Result<HashSet<String>> {
    let rows = scope
        .find::<E>()
        .filter(E::ORGANIZATION.eq(organization))
        .filter(E::RETIRED.is_null())
        .filter(E::NAME.is_not_null());
    Ok(rows.values::<String>(E::NAME).await?.into_iter().collect())
}

/// The packs an organization imported, by slug.
pub async fn imported(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
) -> Result<BTreeMap<String, Imported>> {
    let rows: Vec<(String, String, String)> = scope
        .find::<pack::Entity>()
        .filter(pack::Entity::ORGANIZATION.eq(organization))
        .shape(|select| {
            select.select_only().columns([
                pack::Column::Slug,
                pack::Column::Version,
                pack::Column::ContentHash,
            ])
        })
        .tuples()
        .await?;
    let imported = rows
        .into_iter()
        .map(|(slug, version, content_hash)| (slug, Imported { version, content_hash }));
    Ok(imported.collect())
}

/// The names of an organization's frameworks, by slug.
pub async fn framework_names(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> = scope
        .find::<framework::Entity>()
        .filter(framework::Entity::ORGANIZATION.eq(organization))
        .filter(framework::Column::RetiredAt.is_null())
        .shape(|select| {
            select.select_only().columns([framework::Column::Slug, framework::Column::Name])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().collect())
}

/// What came with each of the packs; packs that brought nothing have zeros.
pub async fn contents(
    scope: Scope<'_>,
    packs: &[Id<pack::Entity>],
) -> Result<HashMap<Id<pack::Entity>, ContentSummary>> {
    let mut found: HashMap<_, _> =
        packs.iter().map(|pack| (*pack, ContentSummary::default())).collect();
    let mut note = |counts: Vec<(Id<pack::Entity>, i64)>,
                    set: fn(&mut ContentSummary) -> &mut i64| {
        for (pack, number) in counts {
            *set(found.entry(pack).or_default()) = number;
        }
    };
    note(counts::<component_library::Entity>(scope, packs).await?, |found| &mut found.components);
    note(counts::<threat_library::Entity>(scope, packs).await?, |found| &mut found.threats);
    note(counts::<countermeasure_library::Entity>(scope, packs).await?, |found| {
        &mut found.countermeasures
    });
    note(counts::<dfd_template::Entity>(scope, packs).await?, |found| &mut found.templates);
    note(counts::<taxonomy::Entity>(scope, packs).await?, |found| &mut found.taxonomies);
    note(counts::<framework::Entity>(scope, packs).await?, |found| &mut found.frameworks);
    Ok(found)
}

async fn counts<E: Brought>(
    scope: Scope<'_>,
    packs: &[Id<pack::Entity>],
) -> Result<Vec<(Id<pack::Entity>, i64)>> {
    scope
        .find::<E>()
        .filter(E::PACK.is_in(packs.iter().copied()))
        .filter(E::RETIRED.is_null())
        .shape(|select| {
            let number = E::key_column().count();
            select.select_only().column(E::PACK).column_as(number, "number").group_by(E::PACK)
        })
        .tuples()
        .await
}
