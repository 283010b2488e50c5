//! Organizations, memberships, business units, teams and invitations.

mod business_units;
mod digests;
mod invitation_links;
mod invitations;
mod memberships;
mod organizations;
mod team_members;
mod teams;

use std::collections::HashMap;

use aide::axum::ApiRouter;
use entity::{Id, choice::TeamRole, organization};
use sea_orm::{ActiveEnum, ColumnTrait, EntityTrait, QuerySelect, sea_query::Expr};

use crate::{error::Result, input::Body, state::AppState};

/// All routes of organizations.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .merge(organizations::routes())
        .merge(memberships::routes())
        .merge(business_units::routes())
        .merge(digests::routes())
        .merge(teams::routes())
        .merge(team_members::routes())
        .merge(invitations::routes())
        .merge(invitation_links::routes())
}

/// How many of the rows name each value of a column, in one statement.
async fn counted<E, V>(
    find: domain::Find<'_, E>,
    column: E::Column,
) -> domain::Result<HashMap<Id<V>, i64>>
where
    E: entity::Tenanted + EntityTrait,
    V: Send + Sync + 'static,
{
    let counts: Vec<(Id<V>, i64)> = find
        .filter(column.is_not_null())
        .shape(|select| {
            select
                .select_only()
                .column(column)
                .column_as(Expr::cust("COUNT(*)"), "number")
                .group_by(column)
        })
        .tuples()
        .await?;
    Ok(counts.into_iter().collect())
}

/// Refuses changes of fields that keep their first value.
fn refuse_moves<const N: usize>(moved: [(&str, bool); N]) -> domain::Result<()> {
    let mut violations = domain::Violations::default();
    for (field, _) in moved.into_iter().filter(|(_, moved)| *moved) {
        violations.add(field, "This field cannot be changed.");
    }
    violations.check()
}

/// The names of organizations, in one statement.
async fn organization_names(
    scope: domain::Scope<'_>,
    organizations: impl IntoIterator<Item = Id<organization::Entity>>,
) -> domain::Result<HashMap<Id<organization::Entity>, String>> {
    scope.lookup(organizations, organization::Column::Name).await
}

/// The team role in a body.
fn team_role(body: &Body) -> Result<Option<TeamRole>> {
    let Some(word) = body.text("role")? else { return Ok(None) };
    let role = TeamRole::try_from_value(&word).map_err(|_| {
        domain::Error::invalid("role", format!("\"{word}\" is not a valid choice."))
    })?;
    Ok(Some(role))
}
