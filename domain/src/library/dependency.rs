//! Whether what an imported pack needs is there.

use std::collections::HashMap;

use entity::{Id, Ref, pack, pack_dependency};
use schemars::JsonSchema;
use sea_orm::ColumnTrait;
use serde::Serialize;

use super::{constraint::Constraint, unimport::PackName};
use crate::{Result, Scope};

/// Something a pack needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeededPack {
    /// Null while it is not imported.
    pub pack_id: Option<i64>,
    pub slug: String,
    /// The slug while it is not imported.
    pub name: String,
    /// Empty while it is not imported.
    pub version: String,
    pub version_constraint: String,
    pub is_imported: bool,
    /// Whether the imported version will do.
    pub is_satisfied: bool,
}

/// What a pack needs, without what it can do without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyCheck {
    pub pack: PackName,
    pub dependencies: Vec<NeededPack>,
    /// Slugs of packs that are not imported.
    pub missing_dependencies: Vec<String>,
    /// Whether all are imported in versions that will do.
    pub all_satisfied: bool,
}

/// Checks what a pack needs.
pub async fn check_dependencies(
    scope: Scope<'_>,
    pack: Ref<pack::Entity>,
) -> Result<DependencyCheck> {
    let pack = scope.get::<pack::Entity>(pack).await?;
    let needed = scope
        .find::<pack_dependency::Entity>()
        .filter(pack_dependency::Column::PackId.eq(pack.id))
        .filter(pack_dependency::Column::IsOptional.eq(false))
        .ascending([pack_dependency::Column::DependsOnSlug])
        .all()
        .await?;
    let ids = needed.iter().filter_map(|row| row.depends_on_pack_id);
    let found = scope.find::<pack::Entity>().filter(pack::Column::Id.is_in(ids)).all().await?;
    let found: HashMap<Id<pack::Entity>, pack::Model> =
        found.into_iter().map(|row| (row.id, row)).collect();
    let dependencies: Vec<NeededPack> = needed
        .into_iter()
        .map(|row| {
            let other = row.depends_on_pack_id.and_then(|id| found.get(&id));
            needed_pack(row, other)
        })
        .collect();
    let missing = dependencies.iter().filter(|needed| !needed.is_imported);
    Ok(DependencyCheck {
        pack: PackName::from(&pack),
        missing_dependencies: missing.map(|needed| needed.slug.clone()).collect(),
        all_satisfied: dependencies.iter().all(|needed| needed.is_satisfied),
        dependencies,
    })
}

fn needed_pack(row: pack_dependency::Model, other: Option<&pack::Model>) -> NeededPack {
    let suits = |version: &str| {
        let constraint = Constraint::parse(&row.version_constraint);
        constraint.is_none_or(|constraint| constraint.allows(version))
    };
    NeededPack {
        pack_id: other.map(|other| other.id.key()),
        name: other.map_or_else(|| row.depends_on_slug.clone(), |other| other.name.clone()),
        version: other.map(|other| other.version.clone()).unwrap_or_default(),
        is_imported: other.is_some(),
        is_satisfied: other.is_some_and(|other| suits(&other.version)),
        slug: row.depends_on_slug,
        version_constraint: row.version_constraint,
    }
}
