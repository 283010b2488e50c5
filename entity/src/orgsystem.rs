//! Systems of an organization.

use sea_orm::{Condition, QuerySelect, QueryTrait, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted,
    choice::{Criticality, LifecycleState},
    component, organization, team, tenancy, threat_model, threat_model_system, user,
};

/// A row of `orgsystem`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "orgsystem")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    /// The team whose member made the system.
    pub team_id: Option<Id<team::Entity>>,
    pub created_by_id: Option<Id<user::Entity>>,
    pub name: String,
    pub description: String,
    pub owner: String,
    pub criticality: Criticality,
    pub lifecycle_state: LifecycleState,
    pub format_metadata: Document,
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
    #[sea_orm(belongs_to = "team::Entity", from = "Column::TeamId", to = "team::Column::Id")]
    Team,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::CreatedById", to = "user::Column::Id")]
    CreatedBy,
}

impl Related<team::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Team.def()
    }
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreatedBy.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// The security team changes every system. A system that threat models are about is changed by
    /// those who may change one of them, any other by its creator's team.
    fn writable_by(actor: &Actor) -> Condition {
        let used = threat_model_system::Entity::find()
            .filter(tenancy::among(
                threat_model_system::Column::OrganizationId,
                actor.organizations(),
            ))
            .select_only()
            .column(threat_model_system::Column::OrgsystemId)
            .into_query();
        let written = threat_model_system::Entity::find()
            .filter(threat_model_system::Entity::writable_by(actor))
            .select_only()
            .column(threat_model_system::Column::OrgsystemId)
            .into_query();
        let unused = Condition::all()
            .add(tenancy::among(Column::OrganizationId, actor.plain_organizations()))
            .add(tenancy::among(Column::TeamId, actor.writing_teams()))
            .add(Column::Id.not_in_subquery(used));
        Condition::any()
            .add(tenancy::among(Column::OrganizationId, actor.secured_organizations()))
            .add(Column::Id.in_subquery(written))
            .add(unused)
    }
}

/// Systems that no other threat model is about, and whose components all belong to this model.
/// Looks at all models of the organization, whoever asks.
pub fn only_of(model: Id<threat_model::Entity>) -> Condition {
    let elsewhere = threat_model_system::Entity::find()
        .filter(threat_model_system::Column::ThreatModelId.ne(model))
        .select_only()
        .column(threat_model_system::Column::OrgsystemId)
        .into_query();
    let of_others = Condition::any()
        .add(component::Column::ThreatModelId.is_null())
        .add(component::Column::ThreatModelId.ne(model));
    let holding = component::Entity::find()
        .filter(component::Column::OrgsystemId.is_not_null())
        .filter(of_others)
        .select_only()
        .column(component::Column::OrgsystemId)
        .into_query();
    Condition::all()
        .add(Column::Id.not_in_subquery(elsewhere))
        .add(Column::Id.not_in_subquery(holding))
}
