//! Where data about a system comes from.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Id, Reach, Tenanted,
    choice::{IntegrationStatus, SourceType},
    organization, orgsystem, tenancy,
};

/// A row of `integration_source`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "integration_source")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub orgsystem_id: Id<orgsystem::Entity>,
    pub name: String,
    pub source_type: SourceType,
    /// The JSON of the connection, encrypted.
    pub connection_details_encrypted: String,
    pub status: IntegrationStatus,
    pub last_sync_at: Option<ChronoDateTimeUtc>,
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
        belongs_to = "orgsystem::Entity",
        from = "Column::OrgsystemId",
        to = "orgsystem::Column::Id"
    )]
    Orgsystem,
}

impl Related<orgsystem::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Orgsystem.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// Whoever may change the system.
    fn writable_by(actor: &Actor) -> Condition {
        Condition::all()
            .add(Column::OrgsystemId.in_subquery(tenancy::writable_ids::<orgsystem::Entity>(actor)))
    }
}
