//! The second wall between tenants: row-level security of PostgreSQL.
//!
//! Two roles that cannot sign in reach the tables. `tenant` works on behalf of somebody: it sees
//! rows of the organizations that a statement or a transaction names in `forewarn.organizations`,
//! and nothing while none is named. `crossing` signs people in, runs jobs and the like: it reaches
//! all rows, but of a few tables only. Neither owns a table or gets around the policies.

mod declared;
mod found;

use std::fmt::{self, Write as _};

use sea_orm_migration::{
    prelude::{ConnectionTrait, DbErr},
    sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend, Statement},
};

use self::{
    declared::{Declared, Reach, declared, policy},
    found::{Found, strengths, tables},
};
pub use self::{
    declared::{Ownership, declaration},
    found::{gaps, leaks, strength_of_login},
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

async fn schema(transaction: &DatabaseTransaction) -> Result<String, DbErr> {
    let sql = "SELECT current_schema()::text AS name";
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    let row = transaction.query_one_raw(statement).await?;
    row.map_or(Ok(String::new()), |row| row.try_get("", "name"))
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
