//! Groups of users that own threat models.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Id, Reach, Tenanted, business_unit, organization, tenancy};

/// A row of `team`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "team")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub business_unit_id: Option<Id<business_unit::Entity>>,
    pub name: String,
    pub code: String,
    pub description: String,
    /// Whether people who join the organization by signing up join this team.
    pub is_default: bool,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

/// Tables that a row refers to.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "organization::Entity",
        from = "Column::OrganizationId",
        to = "organization::Column::Id"
    )]
    Organization,
    #[sea_orm(
        belongs_to = "business_unit::Entity",
        from = "Column::BusinessUnitId",
        to = "business_unit::Column::Id"
    )]
    BusinessUnit,
}

impl Related<business_unit::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::BusinessUnit.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// The security team changes every team, leads change their own.
    fn writable_by(actor: &Actor) -> Condition {
        tenancy::led(Column::OrganizationId, Column::Id, actor)
    }
}
