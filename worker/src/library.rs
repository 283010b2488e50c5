//! Imports packs.

use domain::{
    job::{ImportPack, SyncPacks},
    library::{self, ImportAnswer, SyncResult, sync::Progress},
};

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

impl Perform for ImportPack {
    async fn perform(self, context: &Context) -> Result<ImportAnswer, Failure> {
        let (actor, organization) = (actor(context)?, organization(context)?);
        let packs = context.catalogue().packs().await;
        let store = context.store();
        let answer =
            library::import(store, &actor, organization, &packs, &self.slug, &self.wish).await?;
        Ok(answer)
    }
}

impl Perform for SyncPacks {
    async fn perform(self, context: &Context) -> Result<SyncResult, Failure> {
        let (actor, organization) = (actor(context)?, organization(context)?);
        let packs = context.catalogue().packs().await;
        let (store, watching) = (context.store(), Watching(context));
        let result =
            library::sync(store, &actor, organization, &packs, self.renewal, &watching).await?;
        let total = result.summary.total as u64;
        context.progress(total, Some(total), &result.message).await;
        Ok(result)
    }
}

fn actor(context: &Context) -> Result<entity::Actor, Failure> {
    context.actor().ok_or_else(nobody)
}

fn organization(context: &Context) -> Result<entity::Id<entity::organization::Entity>, Failure> {
    context.organization().ok_or_else(nobody)
}

fn nobody() -> Failure {
    Failure::Final("the job names no organization".to_owned())
}

/// Shows those who watch a job how far it is.
struct Watching<'c>(&'c Context);

impl Progress for Watching<'_> {
    async fn at(&self, done: usize, total: usize, pack: &str) -> domain::Result<()> {
        self.0.progress(done as u64, Some(total as u64), pack).await;
        Ok(())
    }
}
