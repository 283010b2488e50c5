//! From the ledger to the queue: what is due, and in which order.

use std::time::Duration;

use entity::{choice::JobState, job};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, FromQueryResult,
    QueryFilter as _, QuerySelect as _, QueryTrait as _, Statement,
    sea_query::{Expr, LockBehavior, LockType},
};
use uuid::Uuid;

use super::{Ledger, NEVER, Published, delta, keys};
use crate::Result;

/// Most jobs of one organization and one urgency that are on their way or running. The others
/// stay in the ledger, so that a queue is short however much is asked for.
const LANE: i64 = 64;

/// A job that is due.
#[derive(FromQueryResult)]
struct Due {
    id: Uuid,
    priority: i32,
    turn: i64,
}

impl Ledger<'_> {
    /// Marks jobs that are due as handed to the queue and returns them in the order in which they
    /// shall be performed: the most urgent first, and organizations in turns. Of a kind in
    /// `limits` no more are handed over than may run at one time. One that nobody takes within
    /// `lease` becomes due again.
    pub async fn publish_due(
        self,
        most: u64,
        lease: Duration,
        limits: &[(&str, u32)],
    ) -> Result<Vec<Published>> {
        let due = self.due(most, limits).await?;
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        let mut marking = job::Entity::update_many()
            .filter(self.free(&due))
            .filter(self.soon_lasting())
            .col_expr(job::Column::State, Expr::value(JobState::Queued))
            .col_expr(job::Column::PublishedAt, Expr::value(now))
            .col_expr(job::Column::LeaseUntil, Expr::value(now + delta(lease)))
            .into_query();
        marking.returning_col(job::Column::Id);
        let marked = keys(self.connection.query_all(&marking).await?)?;
        let published = due.into_iter().filter(|due| marked.contains(&due.id));
        Ok(published
            .map(|due| Published { id: due.id, priority: due.priority, turn: due.turn })
            .collect())
    }

    /// Those of these jobs that still wait and that nobody else is handing over, held until the end
    /// of the statement.
    fn free(self, due: &[Due]) -> Expr {
        let free = job::Entity::find()
            .select_only()
            .column(job::Column::Id)
            .filter(job::Column::Id.is_in(due.iter().map(|due| due.id)))
            .filter(job::Column::State.eq(JobState::Pending))
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .into_query();
        match self.connection.get_database_backend() {
            // An array is made once. A set PostgreSQL may look for anew with each job that waits,
            // when it knows too little of how many these are.
            DbBackend::Postgres => {
                Expr::cust_with_expr(r#""job"."id" = ANY(ARRAY($1))"#, Expr::from(free))
            }
            _ => job::Column::Id.in_subquery(free),
        }
    }

    /// Makes jobs due again that the queue did not take after all.
    pub async fn take_back(self, jobs: &[Published]) -> Result<()> {
        job::Entity::update_many()
            .filter(job::Column::Id.is_in(jobs.iter().map(|job| job.id)))
            .filter(job::Column::State.eq(JobState::Queued))
            .col_expr(job::Column::State, Expr::value(JobState::Pending))
            .col_expr(job::Column::LeaseUntil, Expr::value(NEVER))
            .exec(self.connection)
            .await?;
        Ok(())
    }

    /// Jobs that may be handed over now. A job's turn counts those of its organization that are
    /// on their way already and those that were asked for earlier.
    async fn due(self, most: u64, limits: &[(&str, u32)]) -> Result<Vec<Due>> {
        let backend = self.connection.get_database_backend();
        let limited: String = limits.iter().map(|(kind, limit)| limitation(kind, *limit)).collect();
        let first = first_of_lanes(backend);
        let statement = format!(
            r#"WITH RECURSIVE {LANES}
            SELECT id, priority, turn FROM (
                SELECT id, priority, run_at, kind, turn, ROW_NUMBER() OVER (
                    PARTITION BY kind ORDER BY turn, run_at, id) AS place
                FROM (
                    SELECT first.id, first.priority, first.run_at, first.kind,
                        COALESCE(busy.jobs, 0) + ROW_NUMBER() OVER (
                            PARTITION BY first.owner, first.priority
                            ORDER BY first.run_at, first.id
                        ) AS turn
                    FROM ({first}) AS first LEFT JOIN (
                        SELECT COALESCE(organization_id, 0) AS owner, COUNT(*) AS jobs FROM "job"
                        WHERE state IN ('queued', 'running')
                        GROUP BY COALESCE(organization_id, 0)
                    ) AS busy ON busy.owner = first.owner
                ) AS lined_up WHERE turn <= {LANE}
            ) AS placed WHERE 1 = 1{limited}
            ORDER BY priority DESC, turn, run_at, id LIMIT {most}"#
        );
        let values = [self.clock.now().into()];
        let statement = Statement::from_sql_and_values(backend, statement, values);
        Ok(Due::find_by_statement(statement).all(self.connection).await?)
    }
}

/// The organizations with jobs that wait, 0 for none, and with each of them their urgencies: found
/// by one look into an index for each.
const LANES: &str = r#"owners(owner) AS (
        SELECT MIN(COALESCE(organization_id, 0)) FROM "job" WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT MIN(COALESCE(organization_id, 0)) FROM "job"
            WHERE state = 'pending' AND COALESCE(organization_id, 0) > owners.owner)
        FROM owners WHERE owners.owner IS NOT NULL
    ), lanes(owner, priority) AS (
        SELECT owner, (SELECT MAX(priority) FROM "job"
            WHERE state = 'pending' AND COALESCE(organization_id, 0) = owners.owner)
        FROM owners WHERE owners.owner IS NOT NULL
        UNION ALL
        SELECT owner, (SELECT MAX(priority) FROM "job"
            WHERE state = 'pending' AND COALESCE(organization_id, 0) = lanes.owner
                AND priority < lanes.priority)
        FROM lanes WHERE lanes.priority IS NOT NULL
    )"#;

/// The first jobs of each organization and urgency, however many wait behind them.
fn first_of_lanes(backend: DbBackend) -> String {
    let (now, columns) = match backend {
        DbBackend::Postgres => ("$1", "j.id, j.priority, j.run_at, j.kind, lanes.owner"),
        _ => ("?", "j.id"),
    };
    let first = format!(
        r#"SELECT {columns} FROM "job" AS j
        WHERE j.state = 'pending' AND COALESCE(j.organization_id, 0) = lanes.owner
            AND j.priority = lanes.priority AND j.run_at <= {now}
            AND (j.waits_for IS NULL OR NOT EXISTS (
                SELECT 1 FROM "job" AS other WHERE other.id = j.waits_for
                AND other.state IN ('pending', 'queued', 'running')))
        ORDER BY j.run_at, j.id LIMIT {LANE}"#
    );
    match backend {
        DbBackend::Postgres => {
            format!("SELECT ahead.* FROM lanes CROSS JOIN LATERAL ({first}) AS ahead")
        }
        _ => format!(
            r#"SELECT ahead.id, ahead.priority, ahead.run_at, ahead.kind, lanes.owner
            FROM lanes CROSS JOIN "job" AS ahead WHERE ahead.id IN ({first})"#
        ),
    }
}

/// Kinds are names from the code: lower letters and underscores.
fn limitation(kind: &str, limit: u32) -> String {
    format!(
        r#" AND (kind <> '{kind}' OR place + (SELECT COUNT(*) FROM "job" WHERE kind = '{kind}'
            AND state IN ('queued', 'running')) <= {limit})"#
    )
}
