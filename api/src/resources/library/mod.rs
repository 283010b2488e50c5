//! The library of an organization: what packs bring and what the security team adds.

pub mod component_threats;
pub mod components;
pub mod countermeasures;
pub mod dfd_templates;
pub mod frameworks;
pub mod packs;
pub mod requirements;
pub mod standards;
pub mod taxonomies;
pub mod taxonomy_entries;
pub mod threats;

use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{Error, Find, Result, Scope, Transaction};
use entity::{Id, Keyed, Ref, Tenanted, organization, pack, threat_model, threat_model_pack};
use sea_orm::{ColumnTrait, Condition, QuerySelect};

use crate::{
    input::{Body, Params},
    state::AppState,
};

/// The group of these endpoints in the API document.
pub(super) const TAG: &str = "Library";

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(component_threats::routes())
        .merge(components::routes())
        .merge(countermeasures::routes())
        .merge(dfd_templates::routes())
        .merge(frameworks::routes())
        .merge(packs::routes())
        .merge(requirements::routes())
        .merge(standards::routes())
        .merge(taxonomies::routes())
        .merge(taxonomy_entries::routes())
        .merge(threats::routes())
}

/// The organization that a new library item joins: the one in the body, or the first whose
/// security team the caller belongs to.
async fn organization_for(
    body: &Body,
    transaction: &Transaction<'_>,
) -> Result<Id<organization::Entity>> {
    let named: Option<Ref<organization::Entity>> = body.reference("organization")?;
    let Some(named) = named else {
        let own = transaction.actor().secured_organizations().next();
        return own.ok_or_else(Error::forbidden);
    };
    let unknown = || {
        let text = format!("Invalid pk \"{}\" - object does not exist.", named.key());
        Error::invalid("organization", text)
    };
    let own = transaction.actor().organizations().find(|own| own.key() == named.key());
    own.ok_or_else(unknown)
}

/// A pack as library items name it.
#[derive(Clone)]
struct PackName {
    name: String,
    slug: String,
}

/// Names of the packs of many items, in one statement.
async fn pack_names(
    scope: Scope<'_>,
    packs: impl Iterator<Item = Option<Id<pack::Entity>>>,
) -> Result<HashMap<Id<pack::Entity>, PackName>> {
    let mut ids: Vec<_> = packs.flatten().collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<(Id<pack::Entity>, String, String)> = scope
        .find::<pack::Entity>()
        .filter(pack::Column::Id.is_in(ids))
        .shape(|select| {
            select.select_only().columns([pack::Column::Id, pack::Column::Name, pack::Column::Slug])
        })
        .tuples()
        .await?;
    Ok(rows.into_iter().map(|(id, name, slug)| (id, PackName { name, slug })).collect())
}

/// The slug by which packs and templates refer to an item: `pack/slug`, or `custom/slug`.
async fn qualified(
    scope: Scope<'_>,
    pack: Option<Id<pack::Entity>>,
    slug: &str,
) -> Result<Option<String>> {
    if slug.is_empty() {
        return Ok(None);
    }
    let names = pack_names(scope, std::iter::once(pack)).await?;
    let prefix = pack.and_then(|pack| names.get(&pack)).map_or("custom", |pack| &pack.slug);
    Ok(Some(format!("{prefix}/{slug}")))
}

/// Narrows a list to items that are in use, and with `?threat_model=` to items of packs connected
/// to the model and items without a pack.
fn offered<'c, E: Tenanted + Keyed>(
    find: Find<'c, E>,
    params: &Params,
    scope: Scope<'c>,
    source_pack: E::Column,
    retired_at: E::Column,
) -> Find<'c, E> {
    let find = if params.is_true("retired") { find } else { find.filter(retired_at.is_null()) };
    let Some(model) = params.reference::<threat_model::Entity>("threat_model") else {
        return find;
    };
    let connected = scope
        .find::<threat_model_pack::Entity>()
        .filter(threat_model_pack::Column::ThreatModelId.eq(model.key()))
        .subquery(threat_model_pack::Column::PackId);
    find.filter(Condition::any().add(source_pack.is_null()).add(source_pack.in_subquery(connected)))
}
