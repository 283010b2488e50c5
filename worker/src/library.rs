//! Imports packs.

use domain::{
    job::{ImportPack, SyncPack, SyncPacks},
    library::{
        self, ImportAnswer, SyncResult, Synced,
        sync::{Outcome, Sync},
    },
};
use entity::{choice::JobState, job};

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for ImportPack {
    async fn perform(self, context: &Context) -> Result<ImportAnswer, Failure> {
        let (actor, organization) = (context.agent()?, context.owner()?);
        context.progress(0, Some(1), &self.slug).await;
        let packs = context.catalogue().packs().await;
        let store = context.store();
        let answer =
            library::import(store, &actor, organization, &packs, &self.slug, &self.wish).await?;
        context.progress(1, Some(1), &self.slug).await;
        Ok(answer)
    }
}

impl Perform for SyncPacks {
    async fn perform(self, context: &Context) -> Result<SyncResult, Failure> {
        let (actor, organization) = (context.agent()?, context.owner()?);
        let packs = context.catalogue().packs().await;
        let sync = Sync::new(context.store(), &actor, organization, &packs, self.renewal)?;
        let parts = context.parts().await?;
        if parts.is_empty() {
            let part =
                |slug| SyncPack { organization: self.organization, slug, renewal: self.renewal };
            let parts: Vec<_> = sync.order().into_iter().map(part).collect();
            if !parts.is_empty() {
                return Err(context.delegate(&parts).await);
            }
        }
        let result = sync.conclude(parts.into_iter().map(outcome).collect()).await?;
        let total = result.summary.total as u64;
        context.progress(total, Some(total), &result.message).await;
        Ok(result)
    }
}

impl Perform for SyncPack {
    async fn perform(self, context: &Context) -> Result<Synced, Failure> {
        let (actor, organization) = (context.agent()?, context.owner()?);
        let packs = context.catalogue().packs().await;
        context.progress(0, Some(1), &self.slug).await;
        let sync = Sync::new(context.store(), &actor, organization, &packs, self.renewal)?;
        let synced = sync.pack(&self.slug).await?;
        context.progress(1, Some(1), &self.slug).await;
        Ok(synced)
    }
}

fn outcome(part: job::Model) -> Outcome {
    let slug = part.payload.0["slug"].as_str().unwrap_or_default().to_owned();
    let done = part.result.filter(|_| part.state == JobState::Done);
    let synced = done.and_then(|result| serde_json::from_value(result.into_inner()).ok());
    Outcome { slug, synced }
}
