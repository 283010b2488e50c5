//! Jobs that leave their work to others and go on when those have ended.

use entity::{choice::JobState, job};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    TransactionTrait as _,
    sea_query::{Expr, ExprTrait as _},
};
use uuid::Uuid;

use super::{Claim, Ledger, NEVER, row, steps};
use crate::{Result, job::Job};

impl Ledger<'_> {
    /// Replaces an attempt by other jobs, which are performed one after the other, whatever
    /// becomes of each. When the last has ended the job itself is performed once more; this
    /// attempt does not count. `false` when the worker does not hold the job any more.
    pub async fn delegate<J: Job>(self, claim: &Claim, parts: &[J]) -> Result<bool> {
        let mut rows = Vec::with_capacity(parts.len());
        let mut before = None;
        for part in parts {
            let mut row = row(part, self.clock.now(), claim.job.user_id)?;
            row.parent_id = Set(Some(claim.job.id));
            row.waits_for = Set(before);
            before = row.id.try_as_ref().copied();
            rows.push(row);
        }
        let changes = self.connection.begin().await?;
        let held = job::Entity::update_many()
            .filter(claim.held())
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::Attempts, Expr::col(job::Column::Attempts).sub(1))
            .col_expr(job::Column::WaitsFor, Expr::value(before))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .col_expr(job::Column::ProgressTotal, Expr::value(steps(parts.len() as u64)))
            .exec(&changes)
            .await?;
        if held.rows_affected == 0 {
            return Ok(false);
        }
        if !rows.is_empty() {
            job::Entity::insert_many(rows).exec_without_returning(&changes).await?;
        }
        changes.commit().await?;
        self.enqueued.notify_one();
        Ok(true)
    }

    /// The jobs to which a job left its work, in their order.
    pub async fn parts(self, id: Uuid) -> Result<Vec<job::Model>> {
        let parts = job::Entity::find().filter(job::Column::ParentId.eq(id));
        Ok(parts.order_by_asc(job::Column::Id).all(self.connection).await?)
    }

    /// Notes with a job how many of its parts have ended, and `message`.
    pub async fn follow_parts(self, id: Uuid, message: &str) -> Result<()> {
        let ended = job::Entity::find()
            .filter(job::Column::ParentId.eq(id))
            .filter(job::Column::State.is_in(JobState::SETTLED))
            .count(self.connection)
            .await?;
        job::Entity::update_many()
            .filter(job::Column::Id.eq(id))
            .filter(job::Column::State.is_not_in(JobState::SETTLED))
            .col_expr(job::Column::ProgressDone, Expr::value(steps(ended)))
            .col_expr(job::Column::ProgressMessage, Expr::value(message))
            .exec(self.connection)
            .await?;
        self.enqueued.notify_one();
        Ok(())
    }

    /// Wakes whoever hands jobs to the queue in this process.
    pub fn wake(self) {
        self.enqueued.notify_one();
    }
}
