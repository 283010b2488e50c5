//! Business units and how they nest.

use std::collections::HashMap;

use entity::{Id, business_unit, organization};
use sea_orm::{ColumnTrait, QuerySelect};

use crate::{Error, Result, Scope};

/// Refuses a parent in another organization, and one that lies within the unit itself.
///
/// # Errors
/// [`Error::Invalid`] for the parent.
pub async fn check_parent(
    unit: Option<Id<business_unit::Entity>>,
    parent: Option<Id<business_unit::Entity>>,
    organization: Id<organization::Entity>,
    scope: Scope<'_>,
) -> Result<()> {
    use business_unit::{Column, Entity};
    let Some(parent) = parent else { return Ok(()) };
    let units: Vec<(Id<Entity>, Option<Id<Entity>>)> = scope
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(organization))
        .shape(|select| select.select_only().columns([Column::Id, Column::ParentId]))
        .tuples()
        .await?;
    let parents: HashMap<_, _> = units.into_iter().collect();
    if !parents.contains_key(&parent) {
        let text = format!("Invalid pk \"{parent}\" - object does not exist.");
        return Err(Error::invalid("parent", text));
    }
    if unit.is_some_and(|unit| lies_within(parent, unit, &parents)) {
        return Err(Error::invalid("parent", "A unit cannot lie within itself."));
    }
    Ok(())
}

fn lies_within(
    start: Id<business_unit::Entity>,
    unit: Id<business_unit::Entity>,
    parents: &HashMap<Id<business_unit::Entity>, Option<Id<business_unit::Entity>>>,
) -> bool {
    let up = |place: &Id<business_unit::Entity>| parents.get(place).copied().flatten();
    // A chain is at most as long as there are units, even if it were a circle.
    std::iter::successors(Some(start), up).take(parents.len() + 1).any(|place| place == unit)
}
