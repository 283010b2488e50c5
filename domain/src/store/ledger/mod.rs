//! Jobs of all organizations: the one place where workers reach across tenants.

mod families;
mod inspection;
mod publishing;

use std::{collections::HashSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{Document, Id, choice::JobState, job, user};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryResult,
    QuerySelect as _, QueryTrait as _,
    prelude::Json,
    sea_query::{CaseStatement, Expr, ExprTrait as _, OnConflict},
};
use tokio::sync::Notify;
use uuid::Uuid;

pub(crate) use inspection::with_parts;
pub use inspection::{Depth, JobSearch};

use super::{Store, Transaction};
use crate::{
    Clock, Error, Refusal, Result,
    job::{Job, current_trace},
};

/// States from which a worker may take a job.
const WAITING: [JobState; 2] = [JobState::Pending, JobState::Queued];

/// Absent, for columns that are emptied.
const NEVER: Option<DateTime<Utc>> = None;

/// After so long a job of a kind that a worker does not know is offered to others again.
const KIND_PAUSE: Duration = Duration::from_secs(3);

/// How often adding a job is tried while the one of the same key ends in between.
const ATTEMPTS: usize = 3;

/// The longest text kept of an error, characters.
const LONGEST_ERROR: usize = 4000;

/// Jobs of all organizations.
#[derive(Clone, Copy)]
pub struct Ledger<'s> {
    connection: &'s DatabaseConnection,
    clock: &'s Clock,
    enqueued: &'s Notify,
}

/// A job that goes to the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Which one.
    pub id: Uuid,
    /// How urgent; greater is more urgent.
    pub priority: i32,
    /// How many jobs of its organization go before it, itself counted. Among jobs of the same
    /// urgency the smaller is performed first, so that organizations take turns.
    pub turn: i64,
}

/// A job that a worker holds. What the worker reports counts only while it still holds the job.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The row as it was taken.
    pub job: job::Model,
    worker: String,
}

/// What becomes of a job whose attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Another attempt, after a pause.
    Again(Duration),
    /// Nothing: it failed for good.
    GiveUp,
}

/// How far a job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Steps that are done.
    pub done: u64,
    /// Steps there are, if that is known.
    pub total: Option<u64>,
    /// What is being done, for people.
    pub message: String,
}

impl Store {
    /// Jobs of all organizations, for workers.
    pub fn ledger(&self) -> Ledger<'_> {
        Ledger { connection: &self.crossing, clock: &self.clock, enqueued: &self.enqueued }
    }

    /// The database for one attempt at a job: changes can be committed only while the worker
    /// holds the job, so that an attempt that was given up for dead leaves nothing behind.
    #[must_use]
    pub fn for_attempt(&self, claim: Arc<Claim>) -> Self {
        Self { attempt: Some(claim), ..self.clone() }
    }
}

impl Transaction<'_> {
    /// Adds a job that begins after the commit. Returns its id, or that of the unfinished job that
    /// does the same already.
    pub async fn enqueue<J: Job>(&self, job: &J) -> Result<Uuid> {
        let row = row(job, self.now(), self.actor().user())?;
        let id = insert::<J>(self.connection().await?, row).await?;
        self.journal().number_added::<job::Entity>(job.organization(), Some(id.to_string()), 1);
        Ok(id)
    }
}

impl Ledger<'_> {
    /// Adds a job that no user asked for. Returns its id, or that of the unfinished job that does
    /// the same already.
    pub async fn enqueue<J: Job>(self, job: &J) -> Result<Uuid> {
        let row = row(job, self.clock.now(), None)?;
        let id = insert::<J>(self.connection, row).await?;
        self.enqueued.notify_one();
        Ok(id)
    }

    /// Adds a job unless one of its kind and key was ever added and is still known.
    pub async fn enqueue_once<J: Job>(self, job: &J) -> Result<Option<Uuid>> {
        let known = job::Entity::find()
            .filter(job::Column::Kind.eq(J::KIND))
            .filter(job::Column::DedupeKey.eq(job.dedupe_key()))
            .count(self.connection)
            .await?;
        if known > 0 {
            return Ok(None);
        }
        self.enqueue(job).await.map(Some)
    }

    /// Returns when somebody in this process has committed changes, which may be new jobs.
    pub async fn enqueued(self) {
        self.enqueued.notified().await;
    }

    /// Takes a job for a worker that knows these kinds. `None` when another one has it, it is
    /// finished, or it is of another kind.
    pub async fn claim(
        self,
        id: Uuid,
        worker: &str,
        lease: Duration,
        kinds: &[&str],
    ) -> Result<Option<Claim>> {
        Ok(self.claim_all(&[id], worker, lease, kinds).await?.pop())
    }

    /// Takes several jobs, in one statement. Those that cannot be taken are left out.
    pub async fn claim_all(
        self,
        ids: &[Uuid],
        worker: &str,
        lease: Duration,
        kinds: &[&str],
    ) -> Result<Vec<Claim>> {
        let now = self.clock.now();
        let taken = job::Entity::update_many()
            .filter(job::Column::Id.is_in(ids.iter().copied()))
            .filter(job::Column::State.is_in(WAITING))
            .filter(job::Column::Kind.is_in(kinds.iter().copied()))
            .filter(job::Column::RunAt.lte(now))
            .filter(self.soon_lasting())
            .col_expr(job::Column::State, Expr::value(JobState::Running))
            .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).add(1))
            .col_expr(job::Column::Worker, Expr::value(worker))
            .col_expr(job::Column::LeaseUntil, Expr::value(now + delta(lease)))
            .col_expr(job::Column::StartedAt, Expr::value(now))
            .exec_with_returning(self.connection)
            .await?;
        let claim = |job| Claim { job, worker: worker.to_owned() };
        Ok(taken.into_iter().map(claim).collect())
    }

    /// Leaves a job to workers of another version if it is of none of these kinds. It is offered
    /// again after a pause and has lost no attempt. Returns whether that is so.
    pub async fn leave(self, id: Uuid, kinds: &[&str]) -> Result<bool> {
        let left = job::Entity::update_many()
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.is_in(WAITING))
            .filter(job::Column::Kind.is_not_in(kinds.iter().copied()))
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::RunAt, Expr::value(self.clock.now() + delta(KIND_PAUSE)))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await?;
        Ok(left.rows_affected > 0)
    }

    /// Lengthens the lease. `false` when the job was cancelled or given to somebody else.
    pub async fn extend(self, claim: &Claim, lease: Duration) -> Result<bool> {
        let until = Expr::value(self.clock.now() + delta(lease));
        self.change(claim, vec![(job::Column::LeaseUntil, until)]).await
    }

    /// Notes how far a job is. `false` when the worker does not hold it any more.
    pub async fn report(self, claim: &Claim, progress: &Progress) -> Result<bool> {
        let values = vec![
            (job::Column::ProgressDone, Expr::value(steps(progress.done))),
            (job::Column::ProgressTotal, Expr::value(progress.total.map(steps))),
            (job::Column::ProgressMessage, Expr::value(progress.message.clone())),
        ];
        self.change(claim, values).await
    }

    /// Ends a job with its result. `false` when the worker does not hold it any more.
    pub async fn finish(self, claim: Arc<Claim>, result: Json) -> Result<bool> {
        Ok(!self.finish_all(&[(claim, result)]).await?.is_empty())
    }

    /// Ends several jobs with their results, in one statement. Answers those that the worker still
    /// held.
    pub async fn finish_all(self, ends: &[(Arc<Claim>, Json)]) -> Result<HashSet<Uuid>> {
        let held = ends.iter().fold(Condition::any(), |any, (claim, _)| any.add(claim.held()));
        let result = ends.iter().fold(CaseStatement::new(), |case, (claim, result)| {
            let result = Expr::value(Document::from(result.clone()));
            case.case(Expr::col(job::Column::Id).eq(claim.job.id), result)
        });
        let mut ending = job::Entity::update_many()
            .filter(held)
            .filter(self.soon_lasting())
            .col_expr(job::Column::State, Expr::value(JobState::Done))
            .col_expr(job::Column::Result, result.into())
            .col_expr(job::Column::Error, Expr::value(None::<String>))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .col_expr(job::Column::FinishedAt, Expr::value(self.clock.now()))
            .into_query();
        ending.returning_col(job::Column::Id);
        keys(self.connection.query_all(&ending).await?)
    }

    /// Notes that an attempt failed. `false` when the worker does not hold the job any more.
    pub async fn fail(self, claim: &Claim, error: &str, afterwards: Afterwards) -> Result<bool> {
        let now = self.clock.now();
        let error: String = error.chars().take(LONGEST_ERROR).collect();
        let mut values = vec![
            (job::Column::Error, Expr::value(error)),
            (job::Column::LeaseUntil, Expr::value(NEVER)),
        ];
        match afterwards {
            Afterwards::Again(pause) => values.extend([
                (job::Column::State, Expr::value(JobState::Pending)),
                (job::Column::RunAt, Expr::value(now + delta(pause))),
            ]),
            Afterwards::GiveUp => values.extend([
                (job::Column::State, Expr::value(JobState::Failed)),
                (job::Column::FinishedAt, Expr::value(now)),
            ]),
        }
        self.change(claim, values).await
    }

    /// Gives back all jobs that a worker holds, as if they had not been begun. Returns how many.
    pub async fn release(self, worker: &str) -> Result<u64> {
        let released = job::Entity::update_many()
            .filter(job::Column::State.eq(JobState::Running))
            .filter(job::Column::Worker.eq(worker))
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).sub(1))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await?;
        Ok(released.rows_affected)
    }

    /// Brings back jobs whose lease has run out: their worker died, or the queue lost them. Returns
    /// those that had no attempt left and failed for good.
    pub async fn reap(self) -> Result<Vec<Uuid>> {
        let now = self.clock.now();
        let expired = Condition::all()
            .add(job::Column::State.is_in([JobState::Queued, JobState::Running]))
            .add(job::Column::LeaseUntil.lt(now));
        if job::Entity::find().filter(expired.clone()).count(self.connection).await? == 0 {
            return Ok(Vec::new());
        }
        let exhausted = Condition::all()
            .add(job::Column::State.eq(JobState::Running))
            .add(Expr::col(job::Column::Attempts).gte(Expr::col(job::Column::MaxAttempts)));
        let failed = job::Entity::update_many()
            .filter(expired.clone())
            .filter(exhausted)
            .col_expr(job::Column::State, Expr::value(JobState::Failed))
            .col_expr(
                job::Column::Error,
                Expr::value("The worker stopped during the last attempt."),
            )
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .col_expr(job::Column::FinishedAt, Expr::value(now))
            .exec_with_returning(self.connection)
            .await?;
        job::Entity::update_many()
            .filter(expired)
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await?;
        Ok(failed.into_iter().map(|job| job.id).collect())
    }

    /// One job of any organization.
    pub async fn get(self, id: Uuid) -> Result<job::Model> {
        job::Entity::find_by_id(id).one(self.connection).await?.ok_or(Error::NotFound)
    }

    /// The job if nothing more happens to it.
    pub async fn settled(self, id: Uuid) -> Result<Option<job::Model>> {
        let settled =
            job::Entity::find_by_id(id).filter(job::Column::State.is_in(JobState::SETTLED));
        Ok(settled.one(self.connection).await?)
    }

    /// How many jobs are neither done nor failed nor cancelled.
    pub async fn unsettled(self) -> Result<u64> {
        let open = job::Entity::find().filter(job::Column::State.is_not_in(JobState::SETTLED));
        Ok(open.count(self.connection).await?)
    }

    /// Forgets jobs that ended before this moment. Returns how many.
    pub async fn forget_settled_before(self, moment: DateTime<Utc>) -> Result<u64> {
        let forgotten = job::Entity::delete_many()
            .filter(job::Column::State.is_in(JobState::SETTLED))
            .filter(job::Column::FinishedAt.lt(moment))
            .exec(self.connection)
            .await?;
        Ok(forgotten.rows_affected)
    }

    /// A condition that is always true. It lets PostgreSQL answer before the change is on its
    /// disk: changes get there in their order, and when the last are lost with the server a job is
    /// begun once more, as when its worker died.
    fn soon_lasting(self) -> Condition {
        let always = Condition::all();
        match self.connection.get_database_backend() {
            DbBackend::Postgres => {
                always.add(Expr::cust("set_config('synchronous_commit', 'off', true) IS NOT NULL"))
            }
            _ => always,
        }
    }

    async fn change(self, claim: &Claim, values: Vec<(job::Column, Expr)>) -> Result<bool> {
        let held = job::Entity::update_many().filter(claim.held());
        let change =
            values.into_iter().fold(held, |change, (column, value)| change.col_expr(column, value));
        Ok(change.exec(self.connection).await?.rows_affected > 0)
    }
}

impl Claim {
    /// That the job is still with the worker, in this attempt.
    fn held(&self) -> Condition {
        Condition::all()
            .add(job::Column::Id.eq(self.job.id))
            .add(job::Column::State.eq(JobState::Running))
            .add(job::Column::Worker.eq(self.worker.as_str()))
            .add(job::Column::Attempts.eq(self.job.attempts))
    }
}

/// Refuses the changes of an attempt that has lost its job. Nobody takes the job away between
/// this and the commit.
pub(super) async fn prove_held(transaction: &DatabaseTransaction, claim: &Claim) -> Result<()> {
    let held: Option<Uuid> = job::Entity::find()
        .filter(claim.held())
        .select_only()
        .column(job::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .one(transaction)
        .await?;
    if held.is_some() {
        return Ok(());
    }
    let text = "The job was cancelled or given to another worker.";
    Err(Error::Refused(Refusal::Conflict, text.to_owned()))
}

/// The ids that a statement returned.
fn keys(rows: Vec<QueryResult>) -> Result<HashSet<Uuid>> {
    Ok(rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, DbErr>>()?)
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn steps(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The row of a new job.
pub(super) fn row<J: Job>(
    job: &J,
    now: DateTime<Utc>,
    user: Option<Id<user::Entity>>,
) -> Result<job::ActiveModel> {
    let payload = serde_json::to_value(job).map_err(|error| {
        Error::Internal(format!("a job of kind {} is no JSON: {error}", J::KIND))
    })?;
    Ok(job::ActiveModel {
        id: Set(Uuid::now_v7()),
        organization_id: Set(job.organization()),
        user_id: Set(user),
        kind: Set(J::KIND.to_owned()),
        payload: Set(payload.into()),
        state: Set(JobState::Pending),
        priority: Set(J::PRIORITY.number()),
        attempts: Set(0),
        max_attempts: Set(J::MAX_ATTEMPTS),
        run_at: Set(now + delta(J::DELAY)),
        dedupe_key: Set(job.dedupe_key()),
        progress_done: Set(0),
        progress_message: Set(String::new()),
        trace_parent: Set(current_trace()),
        created_at: Set(now),
        ..Default::default()
    })
}

/// Adds jobs, but for those that an unfinished one does already.
pub(super) async fn insert_many(
    connection: &impl ConnectionTrait,
    rows: Vec<job::ActiveModel>,
) -> Result<()> {
    job::Entity::insert_many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Adds a job, or finds the unfinished one of the same kind and key.
pub(super) async fn insert<J: Job>(
    connection: &impl ConnectionTrait,
    row: job::ActiveModel,
) -> Result<Uuid> {
    let key = row.dedupe_key.clone().take().flatten();
    for _ in 0..ATTEMPTS {
        let added = job::Entity::insert_many([row.clone()])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_with_returning(connection)
            .await?;
        if let Some(job) = added.into_iter().next() {
            return Ok(job.id);
        }
        let same = job::Entity::find()
            .filter(job::Column::Kind.eq(J::KIND))
            .filter(job::Column::DedupeKey.eq(key.clone()))
            .filter(job::Column::State.is_not_in(JobState::SETTLED))
            .one(connection)
            .await?;
        // None when it ended in between: then there is room for the new one.
        if let Some(job) = same {
            return Ok(job.id);
        }
    }
    Err(Error::Internal(format!("a job of kind {} could not be added", J::KIND)))
}
