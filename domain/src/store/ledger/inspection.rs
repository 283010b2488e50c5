//! What an operator sees of jobs, and what he may do about them.

use chrono::{DateTime, Utc};
use entity::{Id, choice::JobState, job, organization};
use sea_orm::{
    ColumnTrait as _, Condition, EntityTrait as _, FromQueryResult, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use super::{Ledger, NEVER};
use crate::{Error, Result};

/// Which jobs an operator looks for; everything that is absent or empty matches all.
#[derive(Clone, Debug, Default)]
pub struct JobSearch {
    /// One of these states.
    pub states: Vec<JobState>,
    /// This kind.
    pub kind: Option<String>,
    /// Of this organization.
    pub organization: Option<Id<organization::Entity>>,
    /// Asked for before this moment.
    pub before: Option<DateTime<Utc>>,
}

/// How many jobs of one kind are in one state.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Depth {
    /// The kind.
    pub kind: String,
    /// The state.
    pub state: JobState,
    /// How many.
    pub jobs: i64,
    /// When the oldest of them was asked for.
    pub oldest: DateTime<Utc>,
}

impl JobSearch {
    fn condition(&self) -> Condition {
        let mut condition = Condition::all();
        if !self.states.is_empty() {
            condition = condition.add(job::Column::State.is_in(self.states.iter().copied()));
        }
        condition
            .add_option(self.kind.as_deref().map(|kind| job::Column::Kind.eq(kind)))
            .add_option(self.organization.map(|id| job::Column::OrganizationId.eq(id)))
            .add_option(self.before.map(|moment| job::Column::CreatedAt.lt(moment)))
    }
}

impl Ledger<'_> {
    /// The latest jobs of all organizations that match.
    pub async fn search(self, search: &JobSearch, most: u64) -> Result<Vec<job::Model>> {
        let found = job::Entity::find().filter(search.condition());
        let found = found.order_by_desc(job::Column::CreatedAt).order_by_desc(job::Column::Id);
        Ok(found.limit(most).all(self.connection).await?)
    }

    /// How many jobs there are of each kind in each state that is not `done` or `cancelled`.
    pub async fn depths(self) -> Result<Vec<Depth>> {
        let open = job::Entity::find()
            .select_only()
            .column(job::Column::Kind)
            .column(job::Column::State)
            .column_as(job::Column::Id.count(), "jobs")
            .column_as(job::Column::CreatedAt.min(), "oldest")
            .filter(job::Column::State.is_not_in([JobState::Done, JobState::Cancelled]))
            .group_by(job::Column::Kind)
            .group_by(job::Column::State)
            .order_by_asc(job::Column::Kind)
            .order_by_asc(job::Column::State);
        Ok(open.into_model::<Depth>().all(self.connection).await?)
    }

    /// Lets a job of any organization that failed or was cancelled begin anew, with its parts.
    pub async fn retry(self, id: Uuid) -> Result<job::Model> {
        if !matches!(self.get(id).await?.state, JobState::Failed | JobState::Cancelled) {
            return Err(Error::unfit("Only a job that failed or was cancelled can be retried."));
        }
        let again = job::Entity::update_many()
            .filter(with_parts(id))
            .filter(job::Column::State.is_in([JobState::Failed, JobState::Cancelled]))
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::Attempts, Expr::value(0))
            .col_expr(job::Column::RunAt, Expr::value(self.clock.now()))
            .col_expr(job::Column::FinishedAt, Expr::value(NEVER))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await
            .map_err(Error::from);
        if matches!(again, Err(Error::Duplicate(_))) {
            return Err(Error::unfit("Another job does the same already."));
        }
        again?;
        self.enqueued.notify_one();
        self.get(id).await
    }

    /// Ends a job of any organization that is not finished, with its parts.
    pub async fn cancel(self, id: Uuid) -> Result<job::Model> {
        if JobState::SETTLED.contains(&self.get(id).await?.state) {
            return Err(Error::unfit("The job is finished already."));
        }
        job::Entity::update_many()
            .filter(with_parts(id))
            .filter(job::Column::State.is_not_in(JobState::SETTLED))
            .col_expr(job::Column::State, Expr::value(JobState::Cancelled))
            .col_expr(job::Column::FinishedAt, Expr::value(self.clock.now()))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await?;
        self.get(id).await
    }

    /// Forgets finished jobs that match. Returns how many.
    pub async fn forget(self, search: &JobSearch) -> Result<u64> {
        let forgotten = job::Entity::delete_many()
            .filter(search.condition())
            .filter(job::Column::State.is_in(JobState::SETTLED))
            .exec(self.connection)
            .await?;
        Ok(forgotten.rows_affected)
    }
}

/// A job and those that do its work.
pub(crate) fn with_parts(id: Uuid) -> Condition {
    Condition::any().add(job::Column::Id.eq(id)).add(job::Column::ParentId.eq(id))
}
