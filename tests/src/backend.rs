//! The databases and queues of tests. Each test has its own database, copied from one that has the
//! current schema: on PostgreSQL its steps take most of a second.

#![expect(clippy::disallowed_methods, reason = "databases of tests are made and dropped here")]

use std::{collections::BTreeMap, fs, path::Path};

use chrono::{Days, NaiveDate, Utc};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// On what the tests run: chosen by `TEST_POSTGRES_URL` and `TEST_REDIS_URL`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite and jobs in process.
    Embedded,
    /// PostgreSQL and Redis.
    Service {
        /// A server on which databases can be made.
        postgres: String,
        /// A server in which each test has keys of its own.
        redis: String,
    },
}

/// The file of a database with the current schema.
static FILE: OnceCell<Vec<u8>> = OnceCell::const_new();
/// The name of a database with the current schema.
static TEMPLATE: OnceCell<String> = OnceCell::const_new();
const TEMPLATES: &str = "forewarn_template_";

impl Backend {
    /// The backend that the environment names.
    pub fn chosen() -> Self {
        match (std::env::var("TEST_POSTGRES_URL"), std::env::var("TEST_REDIS_URL")) {
            (Ok(postgres), Ok(redis)) => Self::Service { postgres, redis },
            _ => Self::Embedded,
        }
    }

    /// Makes a database and names it and a queue in the settings. Answers what must be removed
    /// afterwards.
    pub(crate) async fn furnish(
        &self,
        data: &Path,
        settings: &mut BTreeMap<String, String>,
    ) -> Option<Borrowed> {
        let Self::Service { postgres, redis } = self else {
            let file = FILE.get_or_init(file_with_schema).await;
            fs::write(data.join("forewarn.db"), file).expect("a file for the database");
            return None;
        };
        let server = administration(postgres).await;
        let template = TEMPLATE.get_or_init(|| template_on(postgres, &server)).await;
        let name = format!("forewarn_{}", Uuid::new_v4().simple());
        run(&server, &format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
            .await;
        settings.insert("DATABASE_URL".to_owned(), address_of(postgres, &name));
        settings.insert("REDIS_URL".to_owned(), redis.clone());
        settings.insert("REDIS_PREFIX".to_owned(), name.clone());
        Some(Borrowed { postgres: postgres.clone(), name })
    }
}

/// What a test has on servers that outlive it.
pub(crate) struct Borrowed {
    postgres: String,
    name: String,
}

impl Borrowed {
    pub(crate) async fn give_back(self) {
        let Self { postgres, name } = self;
        let Ok(server) = Database::connect(&postgres).await else { return };
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        let _ = server.execute_unprepared(&drop).await;
        let drop = format!("DROP ROLE IF EXISTS {name}_tenant, {name}_crossing");
        let _ = server.execute_unprepared(&drop).await;
    }
}

async fn file_with_schema() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder for the template");
    let path = folder.path().join("template.db");
    with_schema(&format!("sqlite://{}?mode=rwc", path.display())).await;
    fs::read(path).expect("the file of the template")
}

/// The name has the day, so that those which earlier runs left behind can be told from those in
/// use.
async fn template_on(postgres: &str, server: &DatabaseConnection) -> String {
    let today = Utc::now().date_naive();
    for old in templates_before(server, today - Days::new(1)).await {
        run(server, &format!("DROP DATABASE IF EXISTS {old}")).await;
    }
    let name = format!("{TEMPLATES}{}_{}", today.format("%Y%m%d"), Uuid::new_v4().simple());
    run(server, &format!("CREATE DATABASE {name}")).await;
    with_schema(&address_of(postgres, &name)).await;
    name
}

async fn templates_before(server: &DatabaseConnection, day: NaiveDate) -> Vec<String> {
    let sql = "SELECT datname::text AS name FROM pg_database \
               WHERE starts_with(datname, $1) AND datname < $2";
    let first_kept = format!("{TEMPLATES}{}", day.format("%Y%m%d"));
    let values = [TEMPLATES.into(), first_kept.into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let rows = server.query_all_raw(statement).await.expect("the databases");
    rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect()
}

async fn with_schema(address: &str) {
    let connection = Database::connect(address).await.expect("a new database");
    migration::migrate(&connection).await.expect("the current schema");
    connection.close().await.expect("the end of the connection");
}

async fn administration(postgres: &str) -> DatabaseConnection {
    Database::connect(postgres).await.expect("the PostgreSQL server of the tests")
}

async fn run(server: &DatabaseConnection, sql: &str) {
    server.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The address of another database on the same server.
pub fn address_of(postgres: &str, database: &str) -> String {
    let (prefix, _) = postgres.rsplit_once('/').expect("a URL with a database");
    format!("{prefix}/{database}")
}
