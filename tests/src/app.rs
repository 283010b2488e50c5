use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use api::{router, server};
use platform::{Pools, Settings, Shutdown};
use tempfile::TempDir;
use tokio::net::TcpListener;
use uuid::Uuid;
use worker::{Engine, Queue, Registry, Runtime};

use crate::{Backend, Browser, Client, audited::Book, backend::Borrowed};

/// The password of every account that tests make.
pub const PASSWORD: &str = "Corr3ct-Horse-9-Battery";

/// A running API with its worker, ended and removed when dropped.
pub struct App {
    /// Scheme, host and port.
    pub base: String,
    /// The parts of the API.
    pub state: api::AppState,
    /// Where data and mails are.
    pub data: TempDir,
    http: reqwest::Client,
    statements: Arc<AtomicUsize>,
    shutdown: Shutdown,
    borrowed: Option<Borrowed>,
    book: Book,
}

static ACCOUNTS: AtomicU64 = AtomicU64::new(0);

impl App {
    /// Starts with the packs of the repository.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with the given packs folder.
    pub async fn with_packs(packs: &Path) -> Self {
        Self::start_with(&[("PACKS_DIR", &packs.display().to_string())]).await
    }

    /// Starts with settings besides those of tests.
    pub async fn start_with(more: &[(&str, &str)]) -> Self {
        Self::assemble(more, Registry::standard(), worker::start).await
    }

    /// Starts as the server does: with Redis it leaves these jobs to workers elsewhere.
    pub async fn hosting(registry: Registry) -> Self {
        Self::assemble(&[], registry, worker::host).await
    }

    async fn assemble(
        more: &[(&str, &str)],
        registry: Registry,
        engine: fn(Runtime, Queue, &Shutdown) -> Engine,
    ) -> Self {
        let data = tempfile::tempdir().expect("a folder for data");
        let mut settings = settings_in(data.path());
        let borrowed = Backend::chosen().furnish(data.path(), &mut settings).await;
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings = Settings::read(settings, None).expect("the settings of tests");
        let mut pools = server::connected(&settings).await.expect("a database");
        let statements = Arc::new(AtomicUsize::new(0));
        count_statements(&mut pools, &statements);
        let queue = Queue::open(&settings).await.expect("a queue");
        let state = server::assemble(settings, pools, queue.clone()).await.expect("an API");
        let runtime = Runtime::with_registry(&state.settings, state.store.clone(), registry);
        let shutdown = Shutdown::default();
        let engine = engine(runtime.expect("a worker"), queue, &shutdown);
        tokio::spawn(engine.stopped());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let book = Book::default();
        let service = book.over(router(state.clone()));
        let service = service.into_make_service_with_connect_info::<SocketAddr>();
        let stop = shutdown.clone();
        tokio::spawn(async move {
            let serving = axum::serve(listener, service);
            serving.with_graceful_shutdown(async move { stop.begun().await }).await
        });
        let http = reqwest::Client::new();
        Self { base, state, data, http, statements, shutdown, borrowed, book }
    }

    /// A client without an account.
    pub fn stranger(&self) -> Client {
        Client::new(self.http.clone(), self.base.clone())
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.base.clone())
    }

    /// A new account with an own organization and team.
    pub async fn owner(&self) -> Client {
        self.register(&Self::address("owner")).await.at_home().await
    }

    /// A new account with this address.
    pub async fn register(&self, email: &str) -> Client {
        let body = serde_json::json!({
            "email": email, "password1": PASSWORD, "password2": PASSWORD,
        });
        let mut client = self.stranger();
        let answer = client.post("/api/auth/registration/", body).await.expect(201);
        client.signed_in(email, &answer);
        client
    }

    /// A new account in the owner's team.
    pub async fn invited(&self, owner: &Client, role: &str) -> Client {
        let email = Self::address(role);
        let path = format!("/api/teams/{}/invite-member/", owner.team);
        let answer = owner.post(&path, serde_json::json!({"email": email, "role": role})).await;
        answer.expect(201);
        let mut client = self.register(&email).await;
        client.organization = owner.organization;
        client.team = owner.team;
        client
    }

    /// An address that nobody has.
    pub fn address(label: &str) -> String {
        let number = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        format!("{label}.{number}.{}@example.test", Uuid::new_v4().simple())
    }

    /// How many statements `work` needed. Begins when all jobs have ended, whose statements would
    /// count otherwise.
    pub async fn statements_of<T>(&self, work: impl Future<Output = T>) -> (usize, T) {
        self.jobs_ended().await;
        let before = self.statements.load(Ordering::Relaxed);
        let output = work.await;
        (self.statements.load(Ordering::Relaxed) - before, output)
    }

    /// Waits until no job is unfinished.
    pub async fn jobs_ended(&self) {
        for _ in 0..500 {
            if self.state.store.ledger().unsettled().await.expect("the ledger") == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("jobs did not end");
    }

    /// Forgets what was asked for so far, for tests that destroy the audit log.
    pub fn forget_requests(&self) {
        self.book.forget();
    }

    /// The mails that were sent so far, as they are.
    pub fn mails(&self) -> Vec<String> {
        let Ok(folder) = fs::read_dir(self.data.path().join("mail")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = folder.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().filter_map(|path| fs::read_to_string(path).ok()).collect()
    }

    /// Waits until a mail for which `wanted` answers something is there.
    pub async fn mail<T>(&self, wanted: impl Fn(&str) -> Option<T>) -> T {
        for _ in 0..200 {
            if let Some(found) = self.mails().iter().find_map(|mail| wanted(mail)) {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("the mail did not come; there are {}", self.mails().len());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.shutdown.begin();
        let (book, borrowed) = (self.book.clone(), self.borrowed.take());
        let database = self.state.settings.database_url.reveal().to_owned();
        // A runtime of its own, since the one of the test may be ending.
        let ended = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return Vec::new() };
            runtime.block_on(async {
                let faults = book.faults(&database).await;
                if let Some(borrowed) = borrowed {
                    borrowed.give_back().await;
                }
                faults
            })
        });
        let faults = ended.join().unwrap_or_else(|_| vec!["the audit log was not read".into()]);
        assert!(faults.is_empty() || std::thread::panicking(), "{}", faults.join("\n"));
    }
}

fn count_statements(pools: &mut Pools, statements: &Arc<AtomicUsize>) {
    let connections = match pools {
        Pools::Single(connection) => vec![connection],
        Pools::Apart { tenants, crossing } => vec![tenants, crossing],
    };
    for connection in connections {
        let counter = Arc::clone(statements);
        connection.set_metric_callback(move |info| {
            // The ledger of jobs is looked at all the time, whatever a request does.
            if !info.statement.sql.contains("\"job\"") {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
}

fn settings_in(data: &Path) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    [
        ("DATA_DIR", data.display().to_string()),
        ("PACKS_DIR", root.join("packs").display().to_string()),
        ("PUBLIC_URL", "http://forewarn.test".to_owned()),
        ("SECRET_KEY", "a secret that only the tests know and that is long enough".to_owned()),
        ("DEMO", "false".to_owned()),
        ("RATE_LIMITS", "off".to_owned()),
        ("DATABASE_CONNECTIONS", "8".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
