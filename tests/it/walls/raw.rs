//! PostgreSQL beside the product: raw statements, without the conditions of the first wall.

use migration::wall::{self, Ownership};
use platform::{Roles, configuration::Address, database};
use sea_orm::{
    ConnectionTrait as _, Database, DatabaseConnection, Statement, TransactionTrait as _,
};
use tests::{App, Backend, Client};
use uuid::Uuid;

/// The PostgreSQL server of the tests.
pub(super) struct Server(String);

/// What the owner of an installation may do besides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    MayMakeRoles,
    MayNot,
}

/// The database of a running API.
pub(super) struct Raw {
    superuser: DatabaseConnection,
    tenants: DatabaseConnection,
    crossing: DatabaseConnection,
    pub(super) tenant: String,
}

/// The database, as it is for one organization.
pub(super) struct Named<'r> {
    tenants: &'r DatabaseConnection,
    organization: i64,
    user: i64,
}

impl Server {
    /// None on the embedded default.
    pub(super) fn of_tests() -> Option<Self> {
        match Backend::chosen() {
            Backend::Embedded => None,
            Backend::Service { postgres, .. } => Some(Self(postgres)),
        }
    }

    pub(super) async fn look_into(&self, app: &App) -> Raw {
        let address = &app.state.settings.database_url;
        let roles = Roles::of(address).expect("roles");
        Raw {
            superuser: Database::connect(address.reveal()).await.expect("the database"),
            tenants: database::connect_as(&roles.tenant, address, 1).await.expect("a tenant"),
            crossing: database::connect_as(&roles.crossing, address, 1).await.expect("crossing"),
            tenant: roles.tenant,
        }
    }

    /// A database with an owner and a login that owns nothing, none of them a superuser.
    pub(super) async fn installation(&self, login: Login) -> Installation {
        let server = Database::connect(&self.0).await.expect("the server");
        let database = format!("apart_{}", Uuid::new_v4().simple());
        let right = if login == Login::MayMakeRoles { "CREATEROLE" } else { "NOCREATEROLE" };
        for statement in [
            format!("CREATE ROLE {database}_owner LOGIN {right}"),
            format!("CREATE ROLE {database}_app LOGIN"),
            format!("CREATE DATABASE {database} OWNER {database}_owner"),
        ] {
            server.execute_unprepared(&statement).await.expect("a new database");
        }
        let rest = self.0.split_once('@').and_then(|(_, rest)| rest.rsplit_once('/'));
        let host = rest.expect("a host").0;
        let url = |login| format!("postgres://{database}_{login}@{host}/{database}");
        Installation { owner: url("owner"), app: url("app"), server, database }
    }
}

/// A database with logins of its own.
pub(super) struct Installation {
    server: DatabaseConnection,
    pub(super) database: String,
    owner: String,
    app: String,
}

impl Installation {
    pub(super) fn settings(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", &self.app), ("DATABASE_OWNER_URL", &self.owner)]
    }

    /// What the advice of the error says.
    pub(super) async fn make_roles(&self) {
        let name = &self.database;
        let statements = format!(
            "CREATE ROLE {name}_tenant NOLOGIN; CREATE ROLE {name}_crossing NOLOGIN; \
             GRANT {name}_tenant, {name}_crossing TO {name}_app"
        );
        self.server.execute_unprepared(&statements).await.expect("the roles");
    }

    pub(super) async fn remove(self) {
        let name = &self.database;
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        self.server.execute_unprepared(&drop).await.expect("dropped");
        for role in ["tenant", "crossing", "app", "owner"] {
            let drop = format!("DROP ROLE {name}_{role}");
            self.server.execute_unprepared(&drop).await.expect("dropped");
        }
    }
}

impl Raw {
    pub(super) async fn run(&self, sql: &str) {
        self.superuser.execute_unprepared(sql).await.expect("a statement of the superuser");
    }

    pub(super) async fn drop_policies(&self, table: &str) {
        let sql = format!(
            "SELECT polname::text AS name FROM pg_policy WHERE polrelid = '{table}'::regclass"
        );
        for row in self.superuser.query_all_raw(statement(&sql)).await.expect("policies") {
            let name: String = row.try_get("", "name").expect("a name");
            self.run(&format!("DROP POLICY {name} ON {table}")).await;
        }
    }

    pub(super) async fn tables_of_tenants(&self) -> Vec<String> {
        let sql = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";
        let rows = self.superuser.query_all_raw(statement(sql)).await.expect("tables");
        let names = rows.iter().map(|row| row.try_get::<String>("", "name").expect("a name"));
        names.filter(|name| wall::declaration(name) == Some(Ownership::Tenant)).collect()
    }

    /// How many rows of a table belong to an organization, or to a user where that counts.
    pub(super) async fn rows_of(&self, table: &str, of: &Client) -> i64 {
        let condition = match table {
            "organization" => format!("id = {}", of.organization),
            "shared_model" => format!("user_id = {}", of.id),
            "job" => format!(
                "organization_id = {} OR (organization_id IS NULL AND user_id = {})",
                of.organization, of.id
            ),
            _ => format!("organization_id = {}", of.organization),
        };
        let sql = format!("SELECT COUNT(*) AS number FROM \"{table}\" WHERE {condition}");
        number(&self.superuser, &sql).await.expect("a number")
    }

    /// How many rows a connection of tenants sees that has named nobody.
    pub(super) async fn unnamed(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) AS number FROM \"{table}\"");
        number(&self.tenants, &sql).await.expect("a number")
    }

    pub(super) async fn unnamed_statement(&self, sql: &str) -> Result<u64, String> {
        run(&self.tenants, sql).await
    }

    pub(super) async fn as_crossing(&self, sql: &str) -> Result<u64, String> {
        run(&self.crossing, sql).await
    }

    pub(super) fn as_tenant(&self, client: &Client) -> Named<'_> {
        Named { tenants: &self.tenants, organization: client.organization, user: client.id }
    }
}

impl Named<'_> {
    pub(super) async fn count(&self, table: &str) -> i64 {
        let transaction = self.begin().await;
        let sql = format!("SELECT COUNT(*) AS number FROM \"{table}\"");
        number(&transaction, &sql).await.expect("a number")
    }

    /// Writes all rows anew, and takes it back. Answers how many.
    pub(super) async fn change_all(&self, table: &str) -> i64 {
        if table.starts_with("audit_") {
            return self.count(table).await;
        }
        let transaction = self.begin().await;
        let sql = format!("UPDATE \"{table}\" SET id = id");
        let changed = transaction.execute_unprepared(&sql).await.expect("a change");
        i64::try_from(changed.rows_affected()).expect("a number")
    }

    /// Gives all rows to somebody else. Answers why that failed.
    pub(super) async fn move_to(&self, table: &str, other: &Client) -> String {
        let transaction = self.begin().await;
        let change = match table {
            "organization" => format!("id = {}", -other.organization),
            "shared_model" => format!("user_id = {}", other.id),
            _ => format!("organization_id = {}", other.organization),
        };
        let sql = format!("UPDATE \"{table}\" SET {change}");
        transaction
            .execute_unprepared(&sql)
            .await
            .map_or_else(|error| error.to_string(), |_| String::new())
    }

    async fn begin(&self) -> sea_orm::DatabaseTransaction {
        let transaction = self.tenants.begin().await.expect("a transaction");
        let name = format!(
            "SELECT set_config('forewarn.organizations', '{}', true), \
             set_config('forewarn.user', '{}', true)",
            self.organization, self.user
        );
        transaction.execute_unprepared(&name).await.expect("named");
        transaction
    }
}

async fn number(connection: &impl sea_orm::ConnectionTrait, sql: &str) -> Result<i64, String> {
    let row = connection.query_one_raw(statement(sql)).await.map_err(|error| error.to_string())?;
    row.expect("a row").try_get("", "number").map_err(|error| error.to_string())
}

async fn run(connection: &DatabaseConnection, sql: &str) -> Result<u64, String> {
    let done = connection.execute_unprepared(sql).await;
    done.map(|done| done.rows_affected()).map_err(|error| error.to_string())
}

fn statement(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Postgres, sql)
}

/// The address of the server is of use to nobody else.
impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", Address::new(self.0.as_str()))
    }
}
