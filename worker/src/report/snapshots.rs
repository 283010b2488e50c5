//! Keeps the figures of a day.

use domain::{job::TakeSnapshots, report::trends};

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for TakeSnapshots {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let store = context.store();
        let organizations = store.upkeep().organizations().await?;
        let total = organizations.len() as u64;
        let mut kept = 0;
        for (done, organization) in (0_u64..).zip(organizations) {
            context.progress(done, Some(total), "Keeping figures").await;
            kept += trends::keep(store, organization, &self.day).await?;
        }
        context.progress(total, Some(total), "Done").await;
        tracing::info!(kept, day = self.day, "kept the figures of threat models");
        Ok(())
    }
}
