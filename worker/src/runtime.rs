//! What handlers of jobs work with.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    Links, Store,
    library::Catalogue,
    store::{Claim, Progress},
};
use entity::{Actor, Id, organization, user};
use platform::{Settings, Storage, storage::StorageError};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    mail::{Mailer, MailerError},
    queue::Queue,
    registry::Registry,
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
    reported: Arc<Mutex<Option<Instant>>>,
}

impl Context {
    pub(crate) fn new(runtime: Runtime, queue: Queue, claim: Arc<Claim>) -> Self {
        Self { runtime, queue, claim, reported: Arc::default() }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        self.runtime.store()
    }

    /// The job.
    pub fn id(&self) -> Uuid {
        self.claim.job.id
    }

    /// Which attempt this is, counted from 1.
    pub fn attempt(&self) -> i32 {
        self.claim.job.attempts
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
