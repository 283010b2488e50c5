use std::{collections::HashMap, hash::Hash};

use entity::{Id, Keyed, Tenanted};
use sea_orm::{ColumnTrait, ModelTrait};

use crate::{Find, Result, store::KEYS_PER_STATEMENT};

/// Rows with these ids, by id, in one statement per 30 000 ids.
pub(super) async fn by_id<E>(
    find: Find<'_, E>,
    ids: impl IntoIterator<Item = Id<E>>,
    id_of: impl Fn(&E::Model) -> Id<E>,
) -> Result<HashMap<Id<E>, E::Model>>
where
    E: Tenanted + Keyed,
    E::Model: ModelTrait<Entity = E>,
{
    let ids = distinct(ids);
    let mut rows = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(KEYS_PER_STATEMENT) {
        let chunk = find.duplicate().filter(E::key_column().is_in(chunk.iter().copied()));
        rows.extend(chunk.all().await?.into_iter().map(|row| (id_of(&row), row)));
    }
    Ok(rows)
}

/// Each item once, in order of first appearance.
pub(super) fn distinct<T: Copy + Eq + Hash>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}
