//! Upkeep of the installation.

use chrono::TimeDelta;
use domain::job::Purge;

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
        tracing::info!(jobs, mails, expired, "removed what has expired");
        Ok(())
    }
}
