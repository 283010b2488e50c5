//! Records within records of the same kind.

use std::collections::{HashMap, HashSet};

use entity::{Id, Keyed, Tenanted};
use sea_orm::{ColumnTrait, QuerySelect};

use crate::{Error, Result, Scope};

/// Refuses to put a record into itself or into something that lies within it.
///
/// # Errors
/// [`Error::Invalid`] on the field.
pub async fn refuse_cycle<E: Tenanted + Keyed>(
    scope: Scope<'_>,
    column: E::Column,
    field: &str,
    child: Id<E>,
    parent: Id<E>,
) -> Result<()> {
    let key = E::key_column();
    let pairs: Vec<(Id<E>, Id<E>)> = scope
        .find::<E>()
        .filter(column.is_not_null())
        .shape(|select| select.select_only().column(key).column(column))
        .tuples()
        .await?;
    let parents: HashMap<_, _> = pairs.into_iter().collect();
    if lies_within(&parents, parent, child) {
        return Err(Error::invalid(field, "A record cannot lie within itself."));
    }
    Ok(())
}

/// Whether the record is the other one or lies within it, at any depth.
fn lies_within<E>(parents: &HashMap<Id<E>, Id<E>>, record: Id<E>, other: Id<E>) -> bool {
    let mut seen = HashSet::new();
    let mut place = Some(record);
    while let Some(current) = place.filter(|current| seen.insert(*current)) {
        if current == other {
            return true;
        }
        place = parents.get(&current).copied();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use entity::{Id, trust_zone};

    use super::lies_within;

    fn zone(key: i64) -> Id<trust_zone::Entity> {
        Id::trusted(key)
    }

    #[test]
    fn a_record_lies_within_itself_and_all_its_ancestors() {
        let parents: HashMap<_, _> = [(zone(3), zone(2)), (zone(2), zone(1))].into();
        assert!(lies_within(&parents, zone(3), zone(3)));
        assert!(lies_within(&parents, zone(3), zone(1)));
        assert!(!lies_within(&parents, zone(1), zone(3)));
    }

    #[test]
    fn a_circle_that_exists_already_ends_the_walk() {
        let parents: HashMap<_, _> = [(zone(1), zone(2)), (zone(2), zone(1))].into();
        assert!(!lies_within(&parents, zone(1), zone(7)));
    }
}
