//! Names that threat models are listed with.

use std::collections::HashMap;

use entity::{Id, business_unit, organization, team, threat_model, user};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait};

use crate::{Result, Scope};

/// Names of what a threat model belongs to.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Names {
    /// The threat model.
    pub id: Id<threat_model::Entity>,
    /// Name of the organization.
    pub organization: String,
    /// Name of the owning team.
    pub team: Option<String>,
    /// Name of the business unit of the owning team.
    pub business_unit: Option<String>,
    /// E-mail address of the creator.
    pub owner: Option<String>,
}

/// The names of each of the models, in one statement.
pub async fn names(
    models: impl IntoIterator<Item = Id<threat_model::Entity>>,
    scope: Scope<'_>,
) -> Result<HashMap<Id<threat_model::Entity>, Names>> {
    use threat_model::{Column, Entity, Relation};
    let rows: Vec<Names> = scope
        .find::<Entity>()
        .filter(Column::Id.is_in(models))
        .shape(|select| {
            select
                .join(JoinType::InnerJoin, Relation::Organization.def())
                .join(JoinType::LeftJoin, Relation::OwningTeam.def())
                .join(JoinType::LeftJoin, team::Relation::BusinessUnit.def())
                .join(JoinType::LeftJoin, Relation::CreatedBy.def())
                .select_only()
                .column(Column::Id)
                .column_as(organization::Column::Name, "organization")
                .column_as(team::Column::Name, "team")
                .column_as(business_unit::Column::Name, "business_unit")
                .column_as(user::Column::Email, "owner")
        })
        .rows()
        .await?;
    Ok(rows.into_iter().map(|names| (names.id, names)).collect())
}
