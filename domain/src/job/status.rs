//! What users see of their jobs, and what they may do about them.

use entity::{Id, choice::JobState, job, risk};
use sea_orm::{ColumnTrait as _, Order, sea_query::Expr};
use uuid::Uuid;

use super::{ImportPack, Job, SimulateRisk, SyncPack, SyncPacks};
use crate::{Error, Result, store::Find, store::Scope, store::Transaction, store::with_parts};

/// Jobs that the actor may see, latest first.
pub fn list(scope: Scope<'_>) -> Find<'_, job::Entity> {
    scope
        .find::<job::Entity>()
        .order_by(Expr::col(job::Column::CreatedAt), Order::Desc)
        .order_by(Expr::col(job::Column::Id), Order::Desc)
}

/// One job that the actor may see.
pub async fn find(scope: Scope<'_>, id: Uuid) -> Result<job::Model> {
    let found = scope.find::<job::Entity>().filter(job::Column::Id.eq(id)).one().await?;
    found.ok_or(Error::NotFound)
}

/// Ends a job that is not finished, and the jobs that do its work. One that is running is stopped by its worker within seconds.
pub async fn cancel(transaction: &Transaction<'_>, id: Uuid) -> Result<job::Model> {
    let cancelled = transaction
        .change::<job::Entity>()
        .filter(with_parts(id))
        .filter(job::Column::State.is_in(JobState::UNFINISHED))
        .set(job::Column::State, Expr::value(JobState::Cancelled))
        .set(job::Column::FinishedAt, Expr::value(transaction.now()))
        .set(job::Column::LeaseUntil, Expr::value(NEVER))
        .exec()
        .await?;
    let job = find(transaction.scope(), id).await?;
    if cancelled == 0 || job.state != JobState::Cancelled {
        return Err(Error::unfit("The job is finished already."));
    }
    Ok(job)
}

/// Lets a job that failed or was cancelled begin anew, with all its attempts, and so the jobs that
/// do its work.
///
/// # Errors
/// [`Error::Forbidden`] if the actor could not ask for such work by now.
pub async fn retry(transaction: &Transaction<'_>, id: Uuid) -> Result<job::Model> {
    let scope = transaction.scope();
    prove_allowed(&find(scope, id).await?, scope).await?;
    let again = transaction
        .change::<job::Entity>()
        .filter(with_parts(id))
        .filter(job::Column::State.is_in([JobState::Failed, JobState::Cancelled]))
        .set(job::Column::State, Expr::value(JobState::Pending))
        .set(job::Column::Attempts, Expr::value(0))
        .set(job::Column::RunAt, Expr::value(transaction.now()))
        .set(job::Column::FinishedAt, Expr::value(NEVER))
        .set(job::Column::LeaseUntil, Expr::value(NEVER))
        .exec()
        .await;
    let again = match again {
        Err(Error::Duplicate(_)) => {
            return Err(Error::unfit("Another job does the same already."));
        }
        other => other?,
    };
    let job = find(transaction.scope(), id).await?;
    if again == 0 || job.state != JobState::Pending {
        return Err(Error::unfit("Only a job that failed or was cancelled can be retried."));
    }
    Ok(job)
}

/// Fails if the work is not the actor's to ask for. It was when he did, but roles change, and jobs
/// act without them.
async fn prove_allowed(job: &job::Model, scope: Scope<'_>) -> Result<()> {
    let Some(organization) = job.organization_id else { return Ok(()) };
    match job.kind.as_str() {
        ImportPack::KIND | SyncPack::KIND | SyncPacks::KIND => {
            if scope.actor().secures(organization) { Ok(()) } else { Err(Error::forbidden()) }
        }
        SimulateRisk::KIND => {
            let work: SimulateRisk = serde_json::from_value(job.payload.0.clone())
                .map_err(|_| Error::unfit("The job cannot be read."))?;
            scope.get_writable::<risk::Entity>(Id::trusted(work.risk)).await.map(drop)
        }
        _ => Ok(()),
    }
}

const NEVER: Option<chrono::DateTime<chrono::Utc>> = None;
