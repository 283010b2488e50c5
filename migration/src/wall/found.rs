//! The wall as it stands in a database, and what is wrong with it.

use sea_orm_migration::{
    prelude::{ConnectionTrait, DbErr},
    sea_orm::{self, DbBackend, FromQueryResult, Statement},
};

use super::{
    Roles,
    declared::{ALL, Ownership, declaration, declared, policies},
    quoted,
};

/// A table as it is.
#[derive(FromQueryResult)]
pub(super) struct Found {
    pub(super) name: String,
    secured: bool,
    pub(super) policies: String,
    misdirected: bool,
    tenant_rights: String,
    crossing_rights: String,
    columns: String,
    owned: bool,
}

/// A role as it is.
#[derive(FromQueryResult)]
pub(super) struct Strength {
    pub(super) rolname: String,
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
    pub(super) fn quoted(&self) -> String {
        quoted(&self.name)
    }

    pub(super) fn columns_but(&self, column: &str) -> String {
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
        if self.misdirected || self.policies != policies(&declared).join(",") {
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

pub(super) async fn strengths(
    connection: &impl ConnectionTrait,
    roles: Roles<'_>,
) -> Result<Vec<Strength>, DbErr> {
    let sql = "SELECT rolname::text, rolsuper OR rolbypassrls AS strong \
         FROM pg_roles WHERE rolname IN ($1, $2)";
    Strength::find_by_statement(asked(sql, roles)).all(connection).await
}

pub(super) async fn tables(
    connection: &impl ConnectionTrait,
    roles: Roles<'_>,
) -> Result<Vec<Found>, DbErr> {
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
           EXISTS (SELECT 1 FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polroles <> ARRAY \
             (SELECT r.oid FROM pg_roles AS r WHERE r.rolname = CASE \
               WHEN starts_with(p.polname, 'tenant') THEN $1 ELSE $2 END)) AS misdirected, \
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

fn asked(sql: &str, roles: Roles<'_>) -> Statement {
    let names = [roles.tenant, roles.crossing].map(Into::into);
    Statement::from_sql_and_values(DbBackend::Postgres, sql, names)
}
