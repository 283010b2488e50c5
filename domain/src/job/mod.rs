//! Background work: what can be asked for, and the row that stands for it.

pub mod mail;

use chrono::{DateTime, Utc};
use entity::{Id, choice::JobState, job, organization, user};
use sea_orm::ActiveValue::Set;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{Error, Result};

/// How often a job is tried unless its kind says otherwise.
const ATTEMPTS: i32 = 5;

/// A kind of background work and what it needs to know.
pub trait Job: Serialize + DeserializeOwned + Send + Sync {
    /// The name of the kind, as stored.
    const KIND: &'static str;
    /// How often it is tried before it counts as failed.
    const ATTEMPTS: i32 = ATTEMPTS;
}

/// On whose behalf a job is done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behalf {
    /// The organization whose data it touches.
    pub organization: Option<Id<organization::Entity>>,
    /// Who asked.
    pub user: Option<Id<user::Entity>>,
}

/// The row of a new job that may run at once.
pub(crate) fn row<J: Job>(
    job: &J,
    behalf: Behalf,
    now: DateTime<Utc>,
) -> Result<job::ActiveModel> {
    let payload = serde_json::to_value(job).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(job::ActiveModel {
        id: Set(Uuid::now_v7()),
        organization_id: Set(behalf.organization),
        user_id: Set(behalf.user),
        kind: Set(J::KIND.to_owned()),
        payload: Set(payload.into()),
        state: Set(JobState::Pending),
        priority: Set(0),
        attempts: Set(0),
        max_attempts: Set(J::ATTEMPTS),
        run_at: Set(now),
        lease_until: Set(None),
        worker: Set(None),
        dedupe_key: Set(None),
        progress_done: Set(0),
        progress_total: Set(None),
        progress_message: Set(String::new()),
        result: Set(None),
        error: Set(None),
        trace_parent: Set(None),
        created_at: Set(now),
        started_at: Set(None),
        finished_at: Set(None),
        published_at: Set(None),
    })
}
