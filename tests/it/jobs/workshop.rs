//! A database, a queue and workers for one test.

#![expect(clippy::disallowed_methods, reason = "accidents are made below the store")]

use std::{
    collections::HashMap,
    env, fs,
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::{Clock, Store, job::Job};
use entity::{
    Actor, Id,
    choice::{JobState, OrganizationRole},
    job, organization, user,
};
use platform::{Settings, Shutdown, database};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, DatabaseConnection, DbBackend,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;
use worker::{Context, Engine, Failure, Perform, Queue, Registry, Runtime};

use super::PATIENCE;

static STARTS: LazyLock<Mutex<HashMap<Uuid, Vec<Instant>>>> = LazyLock::new(Mutex::default);

/// A job that does as it is told and remembers when it was begun.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Probe {
    pub(super) name: Uuid,
    behaviour: Behaviour,
    organization: Option<i64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Behaviour {
    Succeed,
    Fail,
    Refuse,
    Panic,
    /// Longer than allowed.
    Hang,
    /// Long the first time.
    Slow,
}

impl Probe {
    pub(super) fn new(behaviour: Behaviour) -> Self {
        Self { name: Uuid::new_v4(), behaviour, organization: None }
    }

    /// One that succeeds for an organization.
    pub(super) fn of(organization: i64) -> Self {
        Self { organization: Some(organization), ..Self::new(Behaviour::Succeed) }
    }
}

impl Job for Probe {
    const KIND: &'static str = "probe";
    const MAX_ATTEMPTS: i32 = 3;
    const TIME_LIMIT: Duration = Duration::from_secs(1);
    type Output = Value;

    fn organization(&self) -> Option<Id<organization::Entity>> {
        self.organization.map(Id::trusted)
    }
}

impl Perform for Probe {
    async fn perform(self, context: &Context) -> Result<Value, Failure> {
        STARTS.lock().unwrap().entry(self.name).or_default().push(Instant::now());
        context.progress(1, Some(1), "begun").await;
        match self.behaviour {
            Behaviour::Succeed => {}
            Behaviour::Fail => return Err(Failure::Passing("no luck".to_owned())),
            Behaviour::Refuse => return Err(Failure::Final("never".to_owned())),
            Behaviour::Panic => panic!("the probe panics, as it was told"),
            Behaviour::Hang => tokio::time::sleep(PATIENCE).await,
            Behaviour::Slow => tokio::time::sleep(Duration::from_millis(700)).await,
        }
        Ok(json!({ "name": self.name }))
    }
}

/// When a probe was begun.
pub(super) fn starts(probe: &Probe) -> Vec<Instant> {
    STARTS.lock().unwrap().get(&probe.name).cloned().unwrap_or_default()
}

/// What a test of jobs needs.
pub(super) struct Workshop {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) queue: Queue,
    connection: DatabaseConnection,
    settings: Settings,
    folder: TempDir,
    cleanup: Option<(DatabaseConnection, String)>,
}

/// Workers and the switch that ends them.
pub(super) struct Running {
    engine: Engine,
    shutdown: Shutdown,
}

/// One in process over SQLite, and one over Redis when `TEST_REDIS_URL` is set; its database is
/// PostgreSQL when `TEST_POSTGRES_URL` is set.
pub(super) async fn workshops() -> Vec<Workshop> {
    let mut workshops = vec![Workshop::open(vec![]).await];
    if let Ok(redis) = env::var("TEST_REDIS_URL") {
        let prefix = format!("test-{}", Uuid::new_v4().simple());
        workshops.push(Workshop::open(vec![("REDIS_URL", redis), ("REDIS_PREFIX", prefix)]).await);
    }
    workshops
}

impl Workshop {
    async fn open(mut variables: Vec<(&'static str, String)>) -> Self {
        platform::tls::install();
        let folder = tempfile::tempdir().unwrap();
        variables.push(("DATA_DIR", folder.path().display().to_string()));
        let server = env::var("TEST_POSTGRES_URL").ok().filter(|_| variables.len() > 1);
        let cleanup = match server {
            Some(server) => {
                let (administration, name, url) = new_database(&server).await;
                variables.push(("DATABASE_URL", url));
                Some((administration, name))
            }
            None => None,
        };
        let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value));
        let settings = Settings::read(variables, None).unwrap();
        let pools = api::server::connected(&settings).await.unwrap();
        let connection = database::connect(&settings.database_url, 5).await.unwrap();
        let (store, _) = worker::open_store(&settings, pools).unwrap();
        let clock = store.clock().clone();
        let queue = Queue::open(&settings).await.unwrap();
        Self { store, clock, queue, connection, settings, folder, cleanup }
    }

    pub(super) fn name(&self) -> &'static str {
        match (&self.settings.redis_url, &self.cleanup) {
            (None, _) => "in process, SQLite",
            (Some(_), None) => "Redis, SQLite",
            (Some(_), Some(_)) => "Redis, PostgreSQL",
        }
    }

    pub(super) fn start(&self) -> Running {
        self.start_with(self.queue.clone())
    }

    /// A second worker: a second process when the queue can be shared.
    pub(super) async fn start_another(&self) -> Running {
        match self.settings.redis_url {
            Some(_) => self.start_with(Queue::open(&self.settings).await.unwrap()),
            None => self.start(),
        }
    }

    fn start_with(&self, queue: Queue) -> Running {
        let registry = Registry::standard().with::<Probe>();
        let runtime = Runtime::with_registry(&self.settings, self.store.clone(), registry).unwrap();
        let shutdown = Shutdown::default();
        Running { engine: worker::start(runtime, queue, &shutdown), shutdown }
    }

    pub(super) async fn end(&self, running: Running) {
        running.shutdown.begin();
        tokio::time::timeout(PATIENCE, running.engine.stopped()).await.expect("the workers end");
    }

    pub(super) async fn close(self, running: Running) {
        self.end(running).await;
        self.remove().await;
    }

    pub(super) async fn remove(self) {
        self.connection.close().await.unwrap();
        if let Some((administration, name)) = self.cleanup {
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            administration.execute_unprepared(&drop).await.unwrap();
        }
    }

    /// The same with a queue that has forgotten everything.
    pub(super) async fn with_empty_queue(mut self) -> Self {
        if let Some(address) = &self.settings.redis_url {
            let mut redis = platform::redis::connect(address).await.unwrap();
            let key = format!("{}:jobs:ready", self.settings.redis_prefix);
            let removed: usize = redis::cmd("DEL").arg(key).query_async(&mut redis).await.unwrap();
            assert_eq!(removed, 1);
        }
        self.queue = Queue::open(&self.settings).await.unwrap();
        self
    }

    /// Lets PostgreSQL believe from now on that no job waits.
    pub(super) async fn forget_how_many_wait(&self) {
        if self.connection.get_database_backend() != DbBackend::Postgres {
            return;
        }
        let first = self.store.ledger().enqueue(&Probe::of(1)).await.unwrap();
        self.repeat(first, 200).await;
        let end = "UPDATE job SET state = 'done'; ANALYZE job; \
            ALTER TABLE job SET (autovacuum_enabled = off)";
        self.connection.execute_unprepared(end).await.unwrap();
    }

    /// Adds the same job so many times more.
    pub(super) async fn repeat(&self, id: Uuid, times: u32) {
        let (new, own) = match self.connection.get_database_backend() {
            DbBackend::Postgres => ("gen_random_uuid()", format!("'{id}'")),
            _ => ("randomblob(16)", format!("x'{}'", id.simple())),
        };
        let columns = "organization_id, kind, payload, state, priority, max_attempts, run_at, \
            created_at";
        let more = format!(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number \
                WHERE n < {times}) \
            INSERT INTO job (id, {columns}) SELECT {new}, {columns} FROM job, number WHERE id = {own}"
        );
        self.connection.execute_unprepared(&more).await.unwrap();
    }

    /// Adds a job on behalf of the owner of an organization.
    pub(super) async fn enqueue(&self, probe: &Probe) -> Uuid {
        let actor = self.owner().await;
        let organization = actor.organizations().next().unwrap().key();
        let probe = Probe { organization: Some(organization), ..probe.clone() };
        let changes = self.store.write(&actor).await.unwrap();
        let id = changes.enqueue(&probe).await.unwrap();
        changes.commit().await.unwrap();
        id
    }

    pub(super) async fn done(&self, probe: &Probe) -> job::Model {
        let id = self.enqueue(probe).await;
        self.wait(id).await
    }

    pub(super) async fn wait(&self, id: Uuid) -> job::Model {
        let ended = self.queue.completions().wait(&self.store, id, PATIENCE).await.unwrap();
        ended.expect("the job ends")
    }

    /// Like [`Workshop::wait`], with a clock that skips the pauses between attempts.
    pub(super) async fn wait_ahead(&self, id: Uuid) -> job::Model {
        let completions = self.queue.completions();
        for _ in 0..100 {
            let limit = Duration::from_millis(200);
            if let Some(ended) = completions.wait(&self.store, id, limit).await.unwrap() {
                return ended;
            }
            self.clock.advance(TimeDelta::seconds(2));
        }
        panic!("the job does not end");
    }

    pub(super) async fn until(&self, id: Uuid, state: JobState) {
        for _ in 0..500 {
            if self.store.ledger().get(id).await.unwrap().state == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the job does not become {state:?}");
    }

    /// The owner of the one organization, made at the first call.
    pub(super) async fn owner(&self) -> Actor {
        let now = self.clock.now();
        let user = user::ActiveModel {
            id: Set(Id::trusted(1)),
            username: Set("ada".to_owned()),
            email: Set("ada@example.com".to_owned()),
            email_key: Set("ada@example.com".to_owned()),
            first_name: Set(String::new()),
            last_name: Set(String::new()),
            password_hash: Set(String::new()),
            is_active: Set(true),
            joined_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        // Exists already after the first call.
        let _ = user.insert(&self.connection).await;
        let organization = organization::ActiveModel {
            id: Set(Id::trusted(1)),
            name: Set("Acme".to_owned()),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let _ = organization.insert(&self.connection).await;
        Actor::looked_up(
            Id::trusted(1),
            vec![(Id::trusted(1), OrganizationRole::SecurityTeam)],
            vec![],
        )
    }

    /// Organizations with these keys.
    pub(super) async fn organizations(&self, keys: &[i64]) {
        let now = self.clock.now();
        for key in keys {
            let organization = organization::ActiveModel {
                id: Set(Id::trusted(*key)),
                name: Set(format!("Organization {key}")),
                created_at: Set(now),
                updated_at: Set(now),
                ..Default::default()
            };
            organization.insert(&self.connection).await.unwrap();
        }
    }

    /// Whether others may write while a transaction is open.
    pub(super) fn is_shared(&self) -> bool {
        self.cleanup.is_some()
    }

    /// The one mail that was written, as it stands in its file.
    pub(super) fn only_mail(&self) -> String {
        let files: Vec<_> = fs::read_dir(self.folder.path().join("mail")).unwrap().collect();
        assert_eq!(files.len(), 1);
        fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap()
    }
}

async fn new_database(server: &str) -> (DatabaseConnection, String, String) {
    let address = platform::configuration::Address::new(server);
    let administration = database::connect(&address, 1).await.unwrap();
    let name = format!("jobs_{}", Uuid::new_v4().simple());
    administration.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    let url = tests::address_of(server, &name);
    (administration, name, url)
}
