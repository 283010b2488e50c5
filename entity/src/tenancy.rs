//! Which organization a row belongs to and who may see or change it, stated once per table.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect,
    QueryTrait, Value,
    sea_query::{Expr, SelectStatement},
};

use crate::{Actor, threat_model};

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// How a table reaches those who may use its rows.
#[derive(Clone, Copy, Debug)]
pub enum Reach<C> {
    /// Belongs to the organization as a whole: every member reads, the security team changes.
    Organization,
    /// Follows the threat model in this column. Rows without a model are read by every member and
    /// changed by the security team.
    ThreatModel(C),
}

/// A table whose every row belongs to exactly one organization.
///
/// Sealed: a table joins the tenancy in this crate, next to its columns, or nowhere. Tables with
/// integer keys are also [`Keyed`](crate::Keyed); the others have UUIDs.
pub trait Tenanted:
    EntityTrait<PrimaryKey: PrimaryKeyToColumn<Column = Self::Column>> + sealed::Sealed
{
    /// The column that holds the organization.
    const ORGANIZATION: Self::Column;

    /// Whom the rows follow.
    const REACH: Reach<Self::Column>;

    /// Rows the actor may see.
    fn visible_to(actor: &Actor) -> Condition {
        match Self::REACH {
            Reach::Organization => {
                Condition::all().add(among(Self::ORGANIZATION, actor.organizations()))
            }
            Reach::ThreatModel(model) => {
                let secured = among(Self::ORGANIZATION, actor.secured_organizations());
                if actor.plain_organizations().next().is_none() {
                    return Condition::all().add(secured);
                }
                let followed = Condition::any()
                    .add(model.is_null())
                    .add(model.in_subquery(visible_ids::<threat_model::Entity>(actor)));
                Condition::any().add(secured).add(
                    Condition::all()
                        .add(among(Self::ORGANIZATION, actor.plain_organizations()))
                        .add(followed),
                )
            }
        }
    }

    /// Rows the actor may change or delete.
    fn writable_by(actor: &Actor) -> Condition {
        match Self::REACH {
            Reach::Organization => {
                Condition::all().add(among(Self::ORGANIZATION, actor.secured_organizations()))
            }
            Reach::ThreatModel(model) => following(Self::ORGANIZATION, model, actor),
        }
    }

    /// The primary key column.
    fn key_column() -> Self::Column {
        Self::PrimaryKey::iter().next().expect("a table has a primary key").into_column()
    }
}

/// That a column holds one of the keys. Without any it is false in so many words: from a parameter
/// PostgreSQL could not tell that it needs to look at nothing else.
pub(crate) fn among<C: ColumnTrait, K: Into<Value>>(
    column: C,
    keys: impl IntoIterator<Item = K>,
) -> Expr {
    let keys: Vec<Value> = keys.into_iter().map(Into::into).collect();
    if keys.is_empty() { Expr::cust("FALSE") } else { column.is_in(keys) }
}

/// Rows of an organization for its security team, and rows of a threat model for those who may
/// change the model.
pub(crate) fn following<C: ColumnTrait>(organization: C, model: C, actor: &Actor) -> Condition {
    let secured = among(organization, actor.secured_organizations());
    if actor.writing_teams().next().is_none() {
        return Condition::any().add(secured);
    }
    Condition::any()
        .add(secured)
        .add(model.in_subquery(writable_ids::<threat_model::Entity>(actor)))
}

/// Like [`following`]; a row without a threat model follows the row of `P` in a column.
pub(crate) fn following_or<C: ColumnTrait, P: Tenanted>(
    organization: C,
    model: C,
    parent: C,
    actor: &Actor,
) -> Condition {
    if actor.plain_organizations().next().is_none() {
        return following(organization, model, actor);
    }
    let of_parent =
        Condition::all().add(model.is_null()).add(parent.in_subquery(writable_ids::<P>(actor)));
    following(organization, model, actor).add(of_parent)
}

/// Rows of an organization for everyone who may change something in it, unless they belong to a
/// threat model: then for those who may change the model.
pub(crate) fn following_or_open<C: ColumnTrait>(
    organization: C,
    model: C,
    actor: &Actor,
) -> Condition {
    let open = Condition::all()
        .add(model.is_null())
        .add(among(organization, actor.writing_organizations()));
    following(organization, model, actor).add(open)
}

/// Rows of an organization for its security team, and rows of a team for its leads.
pub(crate) fn led<C: ColumnTrait>(organization: C, team: C, actor: &Actor) -> Condition {
    let led = Condition::all()
        .add(among(organization, actor.plain_organizations()))
        .add(among(team, actor.leading_teams()));
    Condition::any().add(among(organization, actor.secured_organizations())).add(led)
}

/// Keys of the rows the actor may see.
pub(crate) fn visible_ids<E: Tenanted>(actor: &Actor) -> SelectStatement {
    keys::<E>(E::visible_to(actor))
}

/// Keys of the rows the actor may change.
pub(crate) fn writable_ids<E: Tenanted>(actor: &Actor) -> SelectStatement {
    keys::<E>(E::writable_by(actor))
}

fn keys<E: Tenanted>(condition: Condition) -> SelectStatement {
    E::find().filter(condition).select_only().column(E::key_column()).into_query()
}
