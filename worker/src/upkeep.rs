//! Upkeep of the installation.

use chrono::TimeDelta;
use domain::{job::Purge, report::export};

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

/// How long finished jobs can be looked at.
const JOBS_KEPT: TimeDelta = TimeDelta::days(14);

/// How long it is known that a mail has left: longer than its job can be performed again.
const MAILS_KEPT: TimeDelta = TimeDelta::days(30);

impl Perform for Purge {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let store = context.store();
        let now = store.clock().now();
        let jobs = store.ledger().forget_settled_before(now - JOBS_KEPT).await?;
        let mails = store.mails().forget_before(now - MAILS_KEPT).await?;
        let expired = store.upkeep().remove_expired().await?;
        let reports = remove_reports(context).await?;
        let entries = store.audit_log().remove_old().await?;
        tracing::info!(jobs, mails, expired, reports, entries, "removed what has expired");
        Ok(())
    }
}

/// Removes the files of expired reports, then their rows, so that none is left behind.
async fn remove_reports(context: &Context) -> Result<u64, Failure> {
    let upkeep = context.store().upkeep();
    upkeep.end_stale_exports().await?;
    let mut removed = 0;
    loop {
        let expired = upkeep.expired_exports().await?;
        if expired.is_empty() {
            return Ok(removed);
        }
        for key in expired.iter().flat_map(export::files) {
            if let Err(error) = context.storage().remove(&key).await {
                tracing::error!(error = &error as &dyn std::error::Error, "the storage failed");
                return Err(Failure::Passing("a file cannot be removed at the moment".to_owned()));
            }
        }
        removed += upkeep.forget_exports(expired.iter().map(|row| row.id)).await?;
    }
}
