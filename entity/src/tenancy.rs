//! Which organization a row belongs to and who may see or change it, stated once per table.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable, PrimaryKeyToColumn, QueryFilter, QuerySelect,
    QueryTrait, sea_query::SelectStatement,
};

use crate::{Actor, id::Keyed, threat_model};

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
/// Sealed: a table joins the tenancy in this crate, next to its columns, or nowhere.
pub trait Tenanted:
    Keyed + EntityTrait<PrimaryKey: PrimaryKeyToColumn<Column = Self::Column>> + sealed::Sealed
{
    /// The column that holds the organization.
    const ORGANIZATION: Self::Column;

    /// Whom the rows follow.
    const REACH: Reach<Self::Column>;

    /// Rows the actor may see.
    fn visible_to(actor: &Actor) -> Condition {
        match Self::REACH {
            Reach::Organization => {
                Condition::all().add(Self::ORGANIZATION.is_in(actor.organizations()))
            }
            Reach::ThreatModel(model) => {
                let secured = Self::ORGANIZATION.is_in(actor.secured_organizations());
                if actor.plain_organizations().next().is_none() {
                    return Condition::all().add(secured);
                }
                let followed = Condition::any()
                    .add(model.is_null())
                    .add(model.in_subquery(visible_models(actor)));
                Condition::any().add(secured).add(
                    Condition::all()
                        .add(Self::ORGANIZATION.is_in(actor.plain_organizations()))
                        .add(followed),
                )
            }
        }
    }

    /// Rows the actor may change or delete.
    fn writable_by(actor: &Actor) -> Condition {
        let secured = Self::ORGANIZATION.is_in(actor.secured_organizations());
        match Self::REACH {
            Reach::Organization => Condition::all().add(secured),
            Reach::ThreatModel(_) if actor.writing_teams().next().is_none() => {
                Condition::all().add(secured)
            }
            Reach::ThreatModel(model) => {
                Condition::any().add(secured).add(model.in_subquery(writable_models(actor)))
            }
        }
    }

    /// The primary key column.
    fn key_column() -> Self::Column {
        Self::PrimaryKey::iter().next().expect("a table has a primary key").into_column()
    }
}

fn visible_models(actor: &Actor) -> SelectStatement {
    model_ids(threat_model::Entity::visible_to(actor))
}

fn writable_models(actor: &Actor) -> SelectStatement {
    model_ids(threat_model::Entity::writable_by(actor))
}

fn model_ids(condition: Condition) -> SelectStatement {
    threat_model::Entity::find()
        .filter(condition)
        .select_only()
        .column(threat_model::Column::Id)
        .into_query()
}
