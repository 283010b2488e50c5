//! What handlers of jobs work with.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use domain::{
    Links, Store,
    job::Job,
    library::Catalogue,
    store::{Claim, Progress},
};
use entity::{Actor, Id, job, organization, user};
use platform::{Settings, Storage, storage::StorageError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    mail::{Mailer, MailerError},
    queue::Queue,
    registry::{Failure, Registry},
};

/// Progress is noted at most so often.
const PROGRESS_PAUSE: Duration = Duration::from_millis(250);

/// The parts of a process that performs jobs. Cheap to clone.
#[derive(Clone)]
pub struct Runtime(Arc<Parts>);

struct Parts {
    store: Store,
    registry: Registry,
    mailer: Mailer,
    storage: Storage,
    links: Links,
    catalogue: Catalogue,
    concurrency: usize,
}

/// Why a process cannot perform jobs.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Mails cannot be sent.
    #[error(transparent)]
    Mail(#[from] MailerError),
    /// Files cannot be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Runtime {
    /// Opens what the settings ask for, with the handlers of all kinds of jobs.
    pub fn open(settings: &Settings, store: Store) -> Result<Self, RuntimeError> {
        Self::with_registry(settings, store, Registry::standard())
    }

    /// Like [`Runtime::open`], with other handlers.
    pub fn with_registry(
        settings: &Settings,
        store: Store,
        registry: Registry,
    ) -> Result<Self, RuntimeError> {
        Ok(Self(Arc::new(Parts {
            store,
            registry,
            mailer: Mailer::open(settings)?,
            storage: Storage::open(settings)?,
            links: Links::below(settings.link_base()),
            catalogue: Catalogue::new(&settings.packs_dir),
            concurrency: settings.job_concurrency,
        })))
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.0.registry
    }

    /// Most jobs that run in this process at one time.
    pub(crate) fn concurrency(&self) -> usize {
        self.0.concurrency
    }
}

/// One attempt at one job, for its handler. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    runtime: Runtime,
    queue: Queue,
    claim: Arc<Claim>,
    /// Commits only while the job is held.
    store: Store,
    reported: Arc<Mutex<Option<Instant>>>,
}

impl Context {
    pub(crate) fn new(runtime: Runtime, queue: Queue, claim: Arc<Claim>) -> Self {
        let store = runtime.store().for_attempt(Arc::clone(&claim));
        Self { runtime, queue, claim, store, reported: Arc::default() }
    }

    /// The database. Changes can be committed only while the job is neither cancelled nor taken
    /// over by another worker.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What other jobs made of the work that this one left to them, in their order. Empty before
    /// it did so.
    pub async fn parts(&self) -> domain::Result<Vec<job::Model>> {
        self.store().ledger().parts(self.id()).await
    }

    /// Leaves the work to other jobs, performed one after the other. To be returned as the failure
    /// of this attempt; when the last part has ended, the job is performed once more.
    pub async fn delegate<J: Job>(&self, parts: &[J]) -> Failure {
        match self.store().ledger().delegate(&self.claim, parts).await {
            Ok(_) => Failure::Delegated,
            Err(error) => error.into(),
        }
    }

    /// The job.
    pub fn id(&self) -> Uuid {
        self.claim.job.id
    }

    /// Which attempt this is, counted from 1.
    pub fn attempt(&self) -> i32 {
        self.claim.job.attempts
    }

    /// Whether there is no other attempt if this one fails.
    pub fn is_last_attempt(&self) -> bool {
        self.claim.job.attempts >= self.claim.job.max_attempts
    }

    /// The name of the kind of work.
    pub fn kind(&self) -> &str {
        &self.claim.job.kind
    }

    /// When the work was asked for.
    pub fn asked_at(&self) -> DateTime<Utc> {
        self.claim.job.created_at
    }

    /// The organization for which the work is done.
    pub fn organization(&self) -> Option<Id<organization::Entity>> {
        self.claim.job.organization_id
    }

    /// Who asked.
    pub fn requested_by(&self) -> Option<Id<user::Entity>> {
        self.claim.job.user_id
    }

    /// What the job acts as: everything in its organization, nothing elsewhere. `None` for work
    /// that belongs to no organization.
    pub fn actor(&self) -> Option<Actor> {
        self.organization().map(|id| Actor::for_job(id, self.requested_by()))
    }

    /// Like [`organization`](Self::organization), for work that cannot do without one.
    pub fn owner(&self) -> Result<Id<organization::Entity>, Failure> {
        self.organization().ok_or_else(nobody)
    }

    /// Like [`actor`](Self::actor), for work that cannot do without one.
    pub fn agent(&self) -> Result<Actor, Failure> {
        self.actor().ok_or_else(nobody)
    }

    /// Where mails go.
    pub fn mailer(&self) -> &Mailer {
        &self.runtime.0.mailer
    }

    /// Uploaded files.
    pub fn storage(&self) -> &Storage {
        &self.runtime.0.storage
    }

    /// The library content that can be imported.
    pub fn catalogue(&self) -> &Catalogue {
        &self.runtime.0.catalogue
    }

    /// Makes the links in mails.
    pub fn links(&self) -> &Links {
        &self.runtime.0.links
    }

    /// Notes how far the work is, for those who watch. Some notes are left out when they follow
    /// each other quickly; the last step is always noted.
    pub async fn progress(&self, done: u64, total: Option<u64>, message: &str) {
        if !self.may_report(total == Some(done)) {
            return;
        }
        let progress = Progress { done, total, message: message.to_owned() };
        match self.store().ledger().report(&self.claim, &progress).await {
            Ok(_) => self.queue.announce(self.id()).await,
            Err(error) => tracing::warn!(%error, "the progress of a job was not noted"),
        }
    }

    fn may_report(&self, last: bool) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let due = reported.is_none_or(|before| now.duration_since(before) >= PROGRESS_PAUSE);
        if due || last {
            *reported = Some(now);
        }
        due || last
    }
}

fn nobody() -> Failure {
    Failure::Final("the job names no organization".to_owned())
}
