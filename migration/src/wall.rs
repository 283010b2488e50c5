//! The second wall between tenants: row-level security of PostgreSQL.
//!
//! Two roles that cannot sign in reach the tables. `tenant` works on behalf of somebody: it sees
//! rows of the organizations that a statement or a transaction names in `forewarn.organizations`,
//! and nothing while none is named. `crossing` signs people in, runs jobs and the like: it reaches
//! all rows, but of a few tables only. Neither owns a table or gets around the policies.

use std::fmt::{self, Write as _};

use sea_orm_migration::{
    prelude::{ConnectionTrait, DbErr},
    sea_orm::{
        self, DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, Statement,
    },
};

use crate::alone;

/// Who uses the wall.
#[derive(Clone, Copy, Debug)]
pub struct Roles<'n> {
    /// The role that reaches rows of named organizations.
    pub tenant: &'n str,
    /// The role that reaches all rows of a few tables.
    pub crossing: &'n str,
    /// Who connects and takes these roles; absent: whoever raises the wall.
    pub login: Option<&'n str>,
}

/// Names the conditions. To be raised when one of them or a right changes: then walls of an
/// earlier version are built anew.
const VERSION: u32 = 1;

const ALL: &str = "SELECT, INSERT, UPDATE, DELETE";

/// The user who was named, or null. As a subquery it is found out once for a statement, not once for
/// each row.
const USER: &str = "(SELECT NULLIF(current_setting('forewarn.user', true), '')::bigint)";

/// Whether anybody was named: work that no user asked for names an organization only.
const SOMEBODY: &str = "(SELECT CONCAT(current_setting('forewarn.organizations', true), \
     current_setting('forewarn.user', true)) <> '')";

/// That the organization in a column was named.
fn named(column: &str) -> String {
    format!(
        "\"{column}\" = ANY ((SELECT string_to_array(\
         current_setting('forewarn.organizations', true), ',')::bigint[])::bigint[])"
    )
}

/// What `tenant` reaches in a table, and the rights of `crossing`.
struct Declared {
    tenant: Reach,
    crossing: &'static str,
}

#[derive(Clone, Copy)]
enum Reach {
    /// Rows of the organization in this column.
    Organization(&'static str),
    /// Rows of the user who asks, whose organizations do not matter.
    User,
    /// Rows of the organization, and those that belong to none but to the user who asks.
    Job,
    /// All rows with these rights: the table belongs to no tenant.
    Everything(&'static str),
    /// Reads all rows but not this column.
    EverythingBut(&'static str),
    /// Nothing.
    Nothing,
}

/// Tables whose rows belong to an organization and are reached on behalf of somebody only.
const CONTENT: &[&str] = &[
    "business_unit",
    "component",
    "component_countermeasure",
    "component_countermeasure_standard",
    "component_data_asset",
    "component_library",
    "component_library_threat",
    "component_threat",
    "countermeasure_library",
    "countermeasure_standard",
    "data_asset",
    "data_flow",
    "data_flow_asset",
    "dfd_template",
    "diagram",
    "flow_countermeasure",
    "flow_countermeasure_standard",
    "flow_threat",
    "framework",
    "integration_source",
    "orgsystem",
    "out_of_scope_item",
    "pack",
    "pack_dependency",
    "pending_overlay",
    "pentest_finding",
    "reference_image",
    "requirement",
    "requirement_mapping",
    "risk",
    "risk_component_threat",
    "risk_flow_threat",
    "taxonomy",
    "taxonomy_entry",
    "threat_library",
    "threat_library_countermeasure",
    "threat_library_taxonomy_entry",
    "threat_model_framework",
    "threat_model_pack",
    "threat_model_relation",
    "threat_model_system",
    "trust_boundary",
    "trust_zone",
    "verification_test",
    "verification_test_countermeasure",
];

/// How a table is declared. None: no role reaches it.
fn declared(table: &str) -> Option<Declared> {
    const OWN: Reach = Reach::Organization("organization_id");
    let (tenant, crossing) = match table {
        content if CONTENT.contains(&content) => (OWN, ""),
        // Of an organization, and needed by what crosses tenants.
        "audit_chain"
        | "audit_entry"
        | "organization_member"
        | "team"
        | "team_invitation"
        | "team_member" => (OWN, ALL),
        "organization" => (Reach::Organization("id"), "SELECT, INSERT, UPDATE"),
        "magic_link" => (OWN, "SELECT, UPDATE"),
        "report_export" => (OWN, "SELECT, UPDATE, DELETE"),
        "threat_model" => (OWN, "SELECT"),
        "threat_model_snapshot" => (OWN, "SELECT, DELETE"),
        "job" => (Reach::Job, ALL),
        "shared_model" => (Reach::User, ALL),
        // Of nobody, or of an account.
        "idempotency_key" => (Reach::Everything("SELECT, UPDATE"), ALL),
        "mail_quota" => (Reach::Everything("SELECT, INSERT, UPDATE"), ALL),
        "user" => (Reach::EverythingBut("password_hash"), ALL),
        "api_token" | "mail" | "one_time_token" | "recovery_code" | "second_factor" | "session" => {
            (Reach::Nothing, ALL)
        }
        "seaql_migrations" => (Reach::Nothing, "SELECT"),
        _ => return None,
    };
    Some(Declared { tenant, crossing })
}

/// Whether it is said who reaches a table, and whether its rows belong to tenants.
pub fn declaration(table: &str) -> Option<Ownership> {
    let declared = declared(table)?;
    Some(if declared.tenant.condition().is_some() { Ownership::Tenant } else { Ownership::Shared })
}

/// To whom the rows of a table belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Each row to an organization, or to a user of one.
    Tenant,
    /// To no organization.
    Shared,
}

impl Reach {
    /// Which rows the policy lets through. None: there is no policy.
    fn condition(self) -> Option<String> {
        match self {
            Self::Organization(column) => Some(named(column)),
            Self::User => Some(format!("user_id = {USER}")),
            Self::Job => Some(format!(
                "{} OR (organization_id IS NULL AND user_id IS NOT DISTINCT FROM {USER} \
                 AND {SOMEBODY})",
                named("organization_id")
            )),
            Self::Everything(_) | Self::EverythingBut(_) | Self::Nothing => None,
        }
    }

    const fn rights(self) -> &'static str {
        match self {
            Self::Organization(_) | Self::User | Self::Job => ALL,
            Self::Everything(rights) => rights,
            Self::EverythingBut(_) | Self::Nothing => "",
        }
    }
}

/// A table as it is.
#[derive(FromQueryResult)]
struct Found {
    name: String,
    secured: bool,
    policies: String,
    tenant_rights: String,
    crossing_rights: String,
    columns: String,
    owned: bool,
}

/// A role as it is.
#[derive(FromQueryResult)]
struct Strength {
    rolname: String,
    strong: bool,
}

/// Who signed in.
#[derive(FromQueryResult)]
struct Login {
    name: String,
    superuser: bool,
    bypasses: bool,
    owns: bool,
}

/// Builds the wall where it has gaps. Several processes may call it at once. Does nothing on
/// SQLite.
///
/// # Errors
/// When the roles are missing and whoever connects may not make them, with the statements that a
/// superuser has to run.
pub async fn raise(connection: &DatabaseConnection, roles: Roles<'_>) -> Result<(), DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres
        || gaps(connection, roles).await?.is_empty()
    {
        return Ok(());
    }
    let transaction = alone(connection).await?;
    for role in [roles.tenant, roles.crossing] {
        make_role(&transaction, role, roles).await?;
    }
    let tables = tables(&transaction, roles).await?;
    let schema = schema(&transaction).await?;
    transaction.execute_unprepared(&construction(&schema, &tables, roles)).await?;
    let left = gaps(&transaction, roles).await?;
    if !left.is_empty() {
        let text = format!("organizations cannot be kept apart: {}", left.join("; "));
        return Err(DbErr::Custom(text));
    }
    transaction.commit().await
}

/// What is wrong with the wall, one sentence each. Nothing on SQLite, which has none.
pub async fn gaps(
    connection: &impl ConnectionTrait,
    roles: Roles<'_>,
) -> Result<Vec<String>, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let strengths = strengths(connection, roles).await?;
    let missing: Vec<String> = [roles.tenant, roles.crossing]
        .into_iter()
        .filter(|role| strengths.iter().all(|found| found.rolname != *role))
        .map(|role| format!("the role {role} does not exist"))
        .collect();
    if !missing.is_empty() {
        return Ok(missing);
    }
    let strong = strengths.iter().filter(|found| found.strong);
    let mut gaps: Vec<String> = strong
        .map(|found| format!("the role {} is a superuser or bypasses policies", found.rolname))
        .collect();
    for table in tables(connection, roles).await? {
        gaps.extend(table.gap(roles));
    }
    Ok(gaps)
}

/// Why whoever connects could get around the wall, in a sentence: a statement could take the rights
/// of the login back. None if he could not, and on SQLite.
pub async fn strength_of_login(connection: &impl ConnectionTrait) -> Result<Option<String>, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(None);
    }
    let sql = "SELECT session_user::text AS name, rolsuper AS superuser, rolbypassrls AS bypasses, \
           EXISTS (SELECT 1 FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p') \
             AND relnamespace = current_schema()::regnamespace) AS owns \
         FROM pg_roles WHERE rolname = session_user";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let Some(login) = Login::find_by_statement(statement).one(connection).await? else {
        return Ok(None);
    };
    let told = [
        (login.superuser, "is a superuser"),
        (login.bypasses, "bypasses policies"),
        (login.owns, "owns the tables"),
    ];
    let told: Vec<_> = told.into_iter().filter(|(so, _)| *so).map(|(_, what)| what).collect();
    Ok((!told.is_empty()).then(|| format!("the login {} {}", login.name, told.join(", "))))
}

/// Tables of tenants of which rows are shown to a connection that has named no organization.
pub async fn leaks(tenants: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    if tenants.get_database_backend() != DbBackend::Postgres {
        return Ok(Vec::new());
    }
    let sql = "SELECT c.relname::text AS name FROM pg_class AS c \
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let names = tenants.query_all_raw(statement).await?;
    let names = names.iter().map(|row| row.try_get("", "name"));
    let names: Vec<String> = names.collect::<Result<_, _>>()?;
    let looks = names.iter().filter(|name| declaration(name) == Some(Ownership::Tenant));
    let looks = looks.map(|name| {
        format!("SELECT '{name}' AS name WHERE EXISTS (SELECT 1 FROM {})", quoted(name))
    });
    let looks = looks.collect::<Vec<_>>().join(" UNION ALL ");
    let shown = tenants.query_all_raw(Statement::from_string(DbBackend::Postgres, looks)).await?;
    shown.iter().map(|row| row.try_get("", "name")).collect()
}

impl Found {
    fn quoted(&self) -> String {
        quoted(&self.name)
    }

    fn columns_but(&self, column: &str) -> String {
        let others = self.columns.split(',').filter(|name| *name != column).map(quoted);
        others.collect::<Vec<_>>().join(", ")
    }

    fn gap(&self, roles: Roles<'_>) -> Option<String> {
        let name = &self.name;
        if self.owned {
            return Some(format!(
                "the table {name} belongs to {} or {}",
                roles.tenant, roles.crossing
            ));
        }
        let Some(declared) = declared(name) else {
            let closed = self.tenant_rights.is_empty() && self.crossing_rights.is_empty();
            return (!closed).then(|| format!("the table {name} should be out of reach"));
        };
        if self.secured != declared.tenant.condition().is_some() {
            return Some(format!("row-level security of the table {name} is off"));
        }
        if self.policies != policies(&declared).join(",") {
            return Some(format!("the table {name} has other policies than it should have"));
        }
        if self.tenant_rights != declared.tenant.rights()
            || self.crossing_rights != declared.crossing
        {
            return Some(format!("the table {name} has other rights than it should have"));
        }
        None
    }
}

/// The names of the policies of a table, in alphabetical order.
fn policies(declared: &Declared) -> Vec<String> {
    if declared.tenant.condition().is_none() {
        return Vec::new();
    }
    let crossing = (!declared.crossing.is_empty()).then(|| policy("crossing"));
    crossing.into_iter().chain([policy("tenant")]).collect()
}

fn policy(role: &str) -> String {
    format!("{role}_{VERSION}")
}

async fn strengths(
    connection: &impl ConnectionTrait,
    roles: Roles<'_>,
) -> Result<Vec<Strength>, DbErr> {
    let sql = "SELECT rolname::text, rolsuper OR rolbypassrls AS strong \
         FROM pg_roles WHERE rolname IN ($1, $2)";
    Strength::find_by_statement(asked(sql, roles)).all(connection).await
}

async fn tables(connection: &impl ConnectionTrait, roles: Roles<'_>) -> Result<Vec<Found>, DbErr> {
    let rights = |role: &str| {
        let right = |name| {
            format!("CASE WHEN has_table_privilege({role}, c.oid, '{name}') THEN '{name}' END")
        };
        let all: Vec<String> = ALL.split(", ").map(right).collect();
        format!("concat_ws(', ', {})", all.join(", "))
    };
    let sql = format!(
        "SELECT c.relname::text AS name, c.relrowsecurity AS secured, \
           pg_get_userbyid(c.relowner) IN ($1, $2) AS owned, \
           COALESCE((SELECT string_agg(p.polname::text, ',' ORDER BY p.polname) \
             FROM pg_policy AS p WHERE p.polrelid = c.oid), '') AS policies, \
           (SELECT string_agg(a.attname::text, ',') FROM pg_attribute AS a \
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns, \
           {} AS tenant_rights, {} AS crossing_rights \
         FROM pg_class AS c WHERE c.relkind IN ('r', 'p') \
           AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname",
        rights("$1"),
        rights("$2"),
    );
    Found::find_by_statement(asked(&sql, roles)).all(connection).await
}

async fn schema(transaction: &DatabaseTransaction) -> Result<String, DbErr> {
    let sql = "SELECT current_schema()::text AS name";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = transaction.query_one_raw(statement).await?;
    row.map_or(Ok(String::new()), |row| row.try_get("", "name"))
}

fn asked(sql: &str, roles: Roles<'_>) -> Statement {
    let names = [roles.tenant, roles.crossing].map(Into::into);
    Statement::from_sql_and_values(DbBackend::Postgres, sql, names)
}

async fn make_role(
    transaction: &DatabaseTransaction,
    role: &str,
    roles: Roles<'_>,
) -> Result<(), DbErr> {
    let login = roles.login.map_or_else(|| "CURRENT_USER".to_owned(), quoted);
    let create = format!("CREATE ROLE {} NOLOGIN", quoted(role));
    let grant = format!("GRANT {} TO {login}", quoted(role));
    let known = strengths(transaction, roles).await?.iter().any(|found| found.rolname == role);
    if !known {
        transaction
            .execute_unprepared(&create)
            .await
            .map_err(|error| advice(role, roles, &error))?;
    }
    // Since PostgreSQL 16 whoever makes a role is a member who may not take its rights.
    if !known || !is_member(transaction, role, roles.login).await? {
        transaction
            .execute_unprepared(&grant)
            .await
            .map_err(|error| advice(role, roles, &error))?;
    }
    Ok(())
}

async fn is_member(
    transaction: &DatabaseTransaction,
    role: &str,
    login: Option<&str>,
) -> Result<bool, DbErr> {
    let sql = "SELECT pg_has_role(COALESCE($2, current_user::text)::name, $1, 'MEMBER') AS member";
    let values = [role.into(), login.map(str::to_owned).into()];
    let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
    let row = transaction.query_one_raw(statement).await?;
    row.map_or(Ok(false), |row| row.try_get("", "member"))
}

fn advice(role: &str, roles: Roles<'_>, error: &DbErr) -> DbErr {
    let login = roles.login.unwrap_or("the owner of the database");
    DbErr::Custom(format!(
        "the role {role}, under which organizations are kept apart, cannot be made: {error}. Let a \
         superuser run CREATE ROLE {tenant} NOLOGIN; CREATE ROLE {crossing} NOLOGIN; \
         GRANT {tenant}, {crossing} TO {login}; or set ROW_LEVEL_SECURITY=off",
        tenant = quoted(roles.tenant),
        crossing = quoted(roles.crossing),
    ))
}

/// All statements that build the wall, for a message without parameters.
fn construction(schema: &str, tables: &[Found], roles: Roles<'_>) -> String {
    let (schema, tenant, crossing) = (quoted(schema), quoted(roles.tenant), quoted(roles.crossing));
    let mut sql = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {tenant}, {crossing};
         REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {tenant}, {crossing};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {tenant}, {crossing};"
    );
    for table in tables {
        for policy in table.policies.split(',').filter(|policy| !policy.is_empty()) {
            add(&mut sql, format_args!("DROP POLICY {} ON {}", quoted(policy), table.quoted()));
        }
        if let Some(declared) = declared(&table.name) {
            construct(&mut sql, table, &declared, roles);
        }
    }
    sql
}

fn construct(sql: &mut String, table: &Found, declared: &Declared, roles: Roles<'_>) {
    let name = table.quoted();
    if let Some(condition) = declared.tenant.condition() {
        add(sql, format_args!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"));
        allow(sql, &name, ("tenant", roles.tenant), &condition);
        if !declared.crossing.is_empty() {
            allow(sql, &name, ("crossing", roles.crossing), "true");
        }
    }
    if let Reach::EverythingBut(column) = declared.tenant {
        let columns = table.columns_but(column);
        grant(sql, &format!("SELECT ({columns})"), &name, roles.tenant);
    }
    grant(sql, declared.tenant.rights(), &name, roles.tenant);
    grant(sql, declared.crossing, &name, roles.crossing);
}

fn allow(sql: &mut String, table: &str, (name, role): (&str, &str), condition: &str) {
    let (policy, role) = (quoted(&policy(name)), quoted(role));
    add(sql, format_args!("CREATE POLICY {policy} ON {table} TO {role} USING ({condition})"));
}

fn grant(sql: &mut String, rights: &str, table: &str, role: &str) {
    if !rights.is_empty() {
        add(sql, format_args!("GRANT {rights} ON {table} TO {}", quoted(role)));
    }
}

fn add(sql: &mut String, statement: fmt::Arguments<'_>) {
    let _ = writeln!(sql, "{statement};");
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
