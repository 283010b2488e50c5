//! Long calculations of risks.

use std::time::Duration;

use entity::{Id, organization};
use serde::{Deserialize, Serialize};

use super::{Job, Priority};

/// Simulates the yearly loss of a risk with many trials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimulateRisk {
    /// The key of the organization that owns the risk.
    pub organization: i64,
    /// The key of the risk.
    pub risk: i64,
    /// How many years are simulated.
    pub trials: usize,
    /// Where the random numbers begin.
    pub seed: u64,
}

impl Job for SimulateRisk {
    const KIND: &'static str = "simulate_risk";
    const MAX_ATTEMPTS: i32 = 3;
    const PRIORITY: Priority = Priority::Low;
    /// A simulation fills a core.
    const CONCURRENCY: Option<u32> = Some(4);
    const TIME_LIMIT: Duration = Duration::from_mins(5);
    type Output = ();

    fn organization(&self) -> Option<Id<organization::Entity>> {
        Some(Id::trusted(self.organization))
    }
}
