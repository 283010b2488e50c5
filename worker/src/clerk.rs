//! Takes jobs and notes their ends, many in one statement when many come at one time. When such a
//! statement fails each is tried by itself, so that none fails for the sake of another.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{Store, store::Claim};
use serde_json::Value;
use uuid::Uuid;

use crate::gathering::Gathering;

type Ended = (Arc<Claim>, Value);

/// Writes into the ledger in the name of one worker.
pub(crate) struct Clerk {
    store: Store,
    /// Unique in the cluster.
    worker: String,
    /// What the worker can do.
    kinds: Vec<&'static str>,
    lease: Duration,
    claims: Gathering<Uuid, domain::Result<Option<Claim>>>,
    ends: Gathering<Ended, domain::Result<bool>>,
}

impl Clerk {
    /// For a worker that knows these kinds.
    pub(crate) fn new(
        store: Store,
        worker: String,
        kinds: Vec<&'static str>,
        lease: Duration,
    ) -> Self {
        let (claims, ends) = (Gathering::default(), Gathering::default());
        Self { store, worker, kinds, lease, claims, ends }
    }

    /// Takes a job. `None` when another worker has it, it is finished, or it is of another kind.
    pub(crate) async fn claim(&self, id: Uuid) -> domain::Result<Option<Claim>> {
        let claim = self.claims.ask(id, |ids| self.claim_all(ids)).await;
        claim.unwrap_or_else(|| Err(interrupted()))
    }

    /// Leaves a job of another kind to others. Answers whether it is one.
    pub(crate) async fn leave(&self, id: Uuid) -> domain::Result<bool> {
        self.store.ledger().leave(id, &self.kinds).await
    }

    /// Ends a job with its result. `false` when the worker does not hold it any more.
    pub(crate) async fn finish(&self, claim: &Arc<Claim>, result: Value) -> domain::Result<bool> {
        let ended = (Arc::clone(claim), result);
        let counted = self.ends.ask(ended, |ends| self.finish_all(ends)).await;
        counted.unwrap_or_else(|| Err(interrupted()))
    }

    /// Gives back what the worker holds.
    pub(crate) async fn release(&self) -> domain::Result<u64> {
        self.store.ledger().release(&self.worker).await
    }

    async fn claim_all(&self, ids: Vec<Uuid>) -> Vec<domain::Result<Option<Claim>>> {
        match self.take(&ids).await {
            Ok(mut taken) => ids.iter().map(|id| Ok(taken.remove(id))).collect(),
            Err(error) if ids.len() == 1 => vec![Err(error)],
            Err(_) => {
                let mut claims = Vec::with_capacity(ids.len());
                for id in ids {
                    claims.push(self.take(&[id]).await.map(|mut taken| taken.remove(&id)));
                }
                claims
            }
        }
    }

    async fn take(&self, ids: &[Uuid]) -> domain::Result<HashMap<Uuid, Claim>> {
        let ledger = self.store.ledger();
        let claims = ledger.claim_all(ids, &self.worker, self.lease, &self.kinds).await?;
        Ok(claims.into_iter().map(|claim| (claim.job.id, claim)).collect())
    }

    async fn finish_all(&self, ends: Vec<Ended>) -> Vec<domain::Result<bool>> {
        let ledger = self.store.ledger();
        match ledger.finish_all(&ends).await {
            Ok(counted) => {
                ends.iter().map(|(claim, _)| Ok(counted.contains(&claim.job.id))).collect()
            }
            Err(error) if ends.len() == 1 => vec![Err(error)],
            Err(_) => {
                let mut noted = Vec::with_capacity(ends.len());
                for end in ends {
                    noted.push(ledger.finish_all(&[end]).await.map(|counted| !counted.is_empty()));
                }
                noted
            }
        }
    }
}

fn interrupted() -> domain::Error {
    domain::Error::Internal("the ledger was not asked: the worker stops".to_owned())
}
