//! Work that comes back with the clock.

use std::time::Duration;

use domain::{
    Store,
    job::{
        Purge, TakeSnapshots,
        mail::{RemindInvited, SendDigests},
    },
    organization::digest,
    report::trends,
};
use platform::Shutdown;

use crate::meters::Meters;

const HOUR: i64 = 3600;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_mins(1);

/// Asks once an hour for what is due, until the process ends. Every process asks; one job is made.
pub(crate) async fn run(store: Store, shutdown: Shutdown) {
    let mut asked = None;
    while !shutdown.has_begun() {
        tell_depths(&store).await;
        let hour = hour(&store);
        if asked != Some(hour) {
            match ask(&store).await {
                Ok(()) => asked = Some(hour),
                Err(error) => tracing::warn!(%error, "the hourly work was not asked for"),
            }
        }
        tokio::select! {
            () = shutdown.begun() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Says what waits, runs or has failed, by kind, for those who watch.
async fn tell_depths(store: &Store) {
    let depths = match store.ledger().depths().await {
        Ok(depths) => depths,
        Err(error) => {
            tracing::warn!(%error, "the jobs that wait were not counted");
            return;
        }
    };
    let now = store.clock().now();
    Meters::of_process().tell_depths(&depths, now);
    for depth in depths {
        tracing::info!(
            job.kind = depth.kind,
            job.state = ?depth.state,
            jobs = depth.jobs,
            oldest_seconds = (now - depth.oldest).num_seconds(),
            "jobs in the ledger"
        );
    }
}

/// Asks for what is due in this hour, on this day and in this week, unless somebody has.
pub async fn ask(store: &Store) -> domain::Result<()> {
    let (hour, week) = (hour(store), digest::week(store.clock().now()));
    let ledger = store.ledger();
    ledger.enqueue_once(&Purge { hour }).await?;
    ledger.enqueue_once(&RemindInvited { hour }).await?;
    ledger.enqueue_once(&SendDigests { week }).await?;
    let day = trends::day(store.clock().now());
    ledger.enqueue_once(&TakeSnapshots { day }).await?;
    Ok(())
}

fn hour(store: &Store) -> i64 {
    store.clock().now().timestamp() / HOUR
}
