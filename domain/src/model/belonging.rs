//! To which organization a record belongs, and what it may therefore refer to.

use entity::{Actor, Id, Keyed, Tenanted, organization};
use sea_orm::{ActiveValue, ColumnTrait, Value};

use crate::{Error, Result, Scope};

/// The organization of a row that the actor may see.
///
/// # Errors
/// [`Error::NotFound`] if the actor may not see the row.
pub async fn organization_of<E: Tenanted + Keyed>(
    scope: Scope<'_>,
    row: Id<E>,
) -> Result<Id<organization::Entity>> {
    let found = scope.find::<E>().filter(E::key_column().eq(row)).values(E::ORGANIZATION).await?;
    found.into_iter().next().ok_or(Error::NotFound)
}

/// The organization for a new record that refers to none: the first in which the actor may change
/// something.
///
/// # Errors
/// [`Error::Forbidden`] if there is none.
pub fn own_organization(actor: &Actor) -> Result<Id<organization::Entity>> {
    actor.writing_organizations().next().ok_or_else(Error::forbidden)
}

/// Refuses a reference from a record of an organization to a record of another one.
///
/// The reference was vouched for, so it only leads elsewhere if the actor has several
/// organizations.
///
/// # Errors
/// [`Error::Invalid`] on the field.
pub async fn require_within<E: Tenanted + Keyed>(
    scope: Scope<'_>,
    organization: Id<organization::Entity>,
    field: &str,
    row: Option<Id<E>>,
) -> Result<()> {
    let Some(row) = row else { return Ok(()) };
    if scope.actor().organizations().nth(1).is_none() {
        return Ok(());
    }
    if organization_of(scope, row).await? == organization {
        return Ok(());
    }
    Err(Error::invalid(field, format!("Invalid pk \"{row}\" - object does not exist.")))
}

/// The reference in an optional column of a row on its way into the database.
pub(super) fn chosen<T: Copy>(column: &ActiveValue<Option<T>>) -> Option<T>
where
    Option<T>: Into<Value>,
{
    column.try_as_ref().copied().flatten()
}

/// The reference in a required column of a row on its way into the database.
///
/// # Errors
/// [`Error::Invalid`] if it is missing.
pub(super) fn required<T: Copy + Into<Value>>(column: &ActiveValue<T>, field: &str) -> Result<T> {
    column.try_as_ref().copied().ok_or_else(|| Error::invalid(field, "This field is required."))
}
