//! Threat models.

use sea_orm::{Condition, entity::prelude::*};

use crate::{
    Actor, Document, Id, Reach, Tenanted,
    choice::{Criticality, ScoringMethod},
    organization, team, tenancy, user,
};

/// A row of `threat_model`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "threat_model")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: Id<Entity>,
    pub organization_id: Id<organization::Entity>,
    pub owning_team_id: Option<Id<team::Entity>>,
    pub name: String,
    pub description: String,
    pub criticality: Criticality,
    pub created_by_id: Option<Id<user::Entity>>,
    pub workspace_data: Document,
    pub assumptions: Document,
    pub format_metadata: Document,
    pub scope_locked: bool,
    pub scope_locked_at: Option<ChronoDateTimeUtc>,
    pub risk_scoring_method: ScoringMethod,
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
    #[sea_orm(belongs_to = "team::Entity", from = "Column::OwningTeamId", to = "team::Column::Id")]
    OwningTeam,
    #[sea_orm(belongs_to = "user::Entity", from = "Column::CreatedById", to = "user::Column::Id")]
    CreatedBy,
}

impl Related<team::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::OwningTeam.def()
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
    const REACH: Reach<Column> = Reach::ThreatModel(Column::Id);

    /// The security team sees every model, others those of their teams and those without a team.
    fn visible_to(actor: &Actor) -> Condition {
        let teams = actor.teams().iter().map(|membership| membership.team);
        let reached = Condition::any()
            .add(Column::OwningTeamId.is_null())
            .add(tenancy::among(Column::OwningTeamId, teams));
        Condition::any()
            .add(tenancy::among(Column::OrganizationId, actor.secured_organizations()))
            .add(
                Condition::all()
                    .add(tenancy::among(Column::OrganizationId, actor.plain_organizations()))
                    .add(reached),
            )
    }

    /// The security team changes every model, leads and members those of their teams.
    fn writable_by(actor: &Actor) -> Condition {
        Condition::any()
            .add(tenancy::among(Column::OrganizationId, actor.secured_organizations()))
            .add(
                Condition::all()
                    .add(tenancy::among(Column::OrganizationId, actor.plain_organizations()))
                    .add(tenancy::among(Column::OwningTeamId, actor.writing_teams())),
            )
    }
}
