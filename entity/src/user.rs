//! People who sign in.

use sea_orm::{Condition, QuerySelect, QueryTrait, entity::prelude::*};

use crate::{Actor, Id, organization_member, tenancy};

/// A row of `user`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub username: String,
    pub email: String,
    /// The address in NFKC lower case, for comparison.
    pub email_key: String,
    pub first_name: String,
    pub last_name: String,
    /// In PHC string format.
    pub password_hash: String,
    pub is_active: bool,
    pub email_verified_at: Option<ChronoDateTimeUtc>,
    pub last_login_at: Option<ChronoDateTimeUtc>,
    pub joined_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    /// Users the actor may name: those in one of the own organizations, and the actor.
    pub fn visible_to(actor: &Actor) -> Condition {
        let colleagues = organization_member::Entity::find()
            .filter(tenancy::among(
                organization_member::Column::OrganizationId,
                actor.organizations(),
            ))
            .select_only()
            .column(organization_member::Column::UserId)
            .into_query();
        Condition::any()
            .add(Column::Id.in_subquery(colleagues))
            .add(tenancy::among(Column::Id, actor.user()))
    }
}
