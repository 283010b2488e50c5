//! Background work: outbox, deduplication key and status in one table.

use sea_orm::{Condition, entity::prelude::*};

use crate::{Actor, Document, Id, Reach, Tenanted, choice::JobState, organization, tenancy, user};

/// A row of `job`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Absent for upkeep of the whole installation.
    pub organization_id: Option<Id<organization::Entity>>,
    pub user_id: Option<Id<user::Entity>>,
    pub kind: String,
    pub payload: Document,
    pub state: JobState,
    pub priority: i32,
    pub attempts: i32,
    pub max_attempts: i32,
    /// Not before this moment.
    pub run_at: ChronoDateTimeUtc,
    /// Until when the worker may be taken to be alive.
    pub lease_until: Option<ChronoDateTimeUtc>,
    /// Who holds the lease.
    pub worker: Option<String>,
    /// At most one unfinished job of a kind has the same key.
    pub dedupe_key: Option<String>,
    pub progress_done: i64,
    /// Absent while unknown.
    pub progress_total: Option<i64>,
    pub progress_message: String,
    pub result: Option<Document>,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// W3C trace context of the request that asked.
    pub trace_parent: Option<String>,
    pub created_at: ChronoDateTimeUtc,
    pub started_at: Option<ChronoDateTimeUtc>,
    pub finished_at: Option<ChronoDateTimeUtc>,
    /// When the relay handed the job to the queue.
    pub published_at: Option<ChronoDateTimeUtc>,
    /// The job of which this one is a part.
    pub parent_id: Option<Uuid>,
    /// The job that must have ended, in whatever way, before this one begins.
    pub waits_for: Option<Uuid>,
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
    #[sea_orm(belongs_to = "user::Entity", from = "Column::UserId", to = "user::Column::Id")]
    User,
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl tenancy::sealed::Sealed for Entity {}

impl Tenanted for Entity {
    const ORGANIZATION: Column = Column::OrganizationId;
    const REACH: Reach<Column> = Reach::Organization;

    /// The security team sees the jobs of its organization, others those they asked for, as long as
    /// they belong to the organization.
    fn visible_to(actor: &Actor) -> Condition {
        let near = Condition::any()
            .add(Column::OrganizationId.is_null())
            .add(tenancy::among(Column::OrganizationId, actor.organizations()));
        Condition::any()
            .add(tenancy::among(Column::OrganizationId, actor.secured_organizations()))
            .add(Condition::all().add(tenancy::among(Column::UserId, actor.user())).add(near))
    }

    /// Whoever may see a job may retry or cancel it.
    fn writable_by(actor: &Actor) -> Condition {
        Self::visible_to(actor)
    }
}
