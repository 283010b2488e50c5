//! Simulates risks.

use domain::{Store, job::SimulateRisk, risk::simulation};
use entity::{Actor, Id, risk};

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

/// Trials between two reports of progress.
const PART: usize = 100_000;

impl Perform for SimulateRisk {
    async fn perform(self, context: &Context) -> Result<(), Failure> {
        let actor = context.agent()?;
        let id = Id::trusted(self.risk);
        let row = found(context.store(), &actor, id).await?;
        let mut simulation = simulation::begin(&row.scoring_metadata, self.seed)?;
        let mut done = 0;
        while done < self.trials {
            report(context, done, self.trials).await;
            let part = PART.min(self.trials - done);
            simulation = off_thread(move || {
                simulation.run(part);
                simulation
            })
            .await?;
            done += part;
        }
        report(context, done, self.trials).await;
        let assessment = off_thread(move || simulation.assessment()).await?;
        let inputs = &row.scoring_metadata.0;
        if simulation::conclude(context.store(), &actor, id, inputs, assessment).await? {
            return Ok(());
        }
        Err(Failure::Passing("the inputs of the risk changed during the simulation".to_owned()))
    }
}

async fn found(store: &Store, actor: &Actor, id: Id<risk::Entity>) -> Result<risk::Model, Failure> {
    Ok(store.read(actor).get(id).await?)
}

async fn report(context: &Context, done: usize, trials: usize) {
    context.progress(done as u64, Some(trials as u64), "Simulating").await;
}

/// A calculation of many milliseconds would hold up all others of its thread.
async fn off_thread<T: Send + 'static>(
    calculate: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let ended = tokio::task::spawn_blocking(calculate).await;
    ended.map_err(|_| Failure::Passing("the simulation was interrupted".to_owned()))
}
