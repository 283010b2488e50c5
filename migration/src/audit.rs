//! What was changed: a log that can only be added to, on both databases.

use sea_orm_migration::{
    prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager},
    sea_orm::{
        ConnectionTrait, DbBackend,
        sea_query::{Alias, ColumnDef, Table as Statement},
    },
};

use crate::table::Table;

const OUTCOME: &[&str] = &["done", "refused"];

/// An entry is the next one of its log, and the head of the log follows.
const POSTGRES_GUARDS: &[&str] = &[
    "CREATE FUNCTION audit_entry_appended() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       UPDATE audit_chain SET position = NEW.position, hash = NEW.hash
         WHERE organization_id = NEW.organization_id AND position = NEW.position - 1;
       IF NOT FOUND THEN
         RAISE EXCEPTION 'the audit log is added to at its end only';
       END IF;
       RETURN NULL;
     END $$",
    "CREATE TRIGGER audit_entry_appended AFTER INSERT ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_appended()",
    "CREATE FUNCTION audit_entry_kept() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'DELETE' AND OLD.position <= (SELECT anchor_position FROM audit_chain
           WHERE organization_id = OLD.organization_id) THEN
         RETURN OLD;
       END IF;
       RAISE EXCEPTION 'the audit log cannot be changed';
     END $$",
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE OR DELETE ON audit_entry
       FOR EACH ROW EXECUTE FUNCTION audit_entry_kept()",
    "CREATE FUNCTION audit_log_kept() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       RAISE EXCEPTION 'the audit log cannot be changed';
     END $$",
    "CREATE TRIGGER audit_entry_not_emptied BEFORE TRUNCATE ON audit_entry
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_kept()",
    "CREATE TRIGGER audit_chain_kept BEFORE DELETE ON audit_chain
       FOR EACH ROW EXECUTE FUNCTION audit_log_kept()",
    "CREATE TRIGGER audit_chain_not_emptied BEFORE TRUNCATE ON audit_chain
       FOR EACH STATEMENT EXECUTE FUNCTION audit_log_kept()",
    "CREATE TRIGGER audit_chain_goes_on BEFORE UPDATE ON audit_chain FOR EACH ROW
       WHEN (NEW.position < OLD.position OR NEW.anchor_position < OLD.anchor_position
         OR NEW.anchor_position > NEW.position OR NEW.organization_id <> OLD.organization_id)
       EXECUTE FUNCTION audit_log_kept()",
];

const SQLITE_GUARDS: &[&str] = &[
    "CREATE TRIGGER audit_entry_appended AFTER INSERT ON audit_entry BEGIN
       SELECT RAISE(ABORT, 'the audit log is added to at its end only')
         WHERE NOT EXISTS (SELECT 1 FROM audit_chain
           WHERE organization_id = NEW.organization_id AND position = NEW.position - 1);
       UPDATE audit_chain SET position = NEW.position, hash = NEW.hash
         WHERE organization_id = NEW.organization_id;
     END",
    "CREATE TRIGGER audit_entry_unchanged BEFORE UPDATE ON audit_entry BEGIN
       SELECT RAISE(ABORT, 'the audit log cannot be changed');
     END",
    "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry
       WHEN OLD.position > COALESCE((SELECT anchor_position FROM audit_chain
         WHERE organization_id = OLD.organization_id), 0)
     BEGIN
       SELECT RAISE(ABORT, 'the audit log cannot be changed');
     END",
    "CREATE TRIGGER audit_chain_kept BEFORE DELETE ON audit_chain BEGIN
       SELECT RAISE(ABORT, 'the audit log cannot be changed');
     END",
    "CREATE TRIGGER audit_chain_goes_on BEFORE UPDATE ON audit_chain
       WHEN NEW.position < OLD.position OR NEW.anchor_position < OLD.anchor_position
         OR NEW.anchor_position > NEW.position OR NEW.organization_id <> OLD.organization_id
     BEGIN
       SELECT RAISE(ABORT, 'the audit log cannot be changed');
     END",
];

const POSTGRES_FUNCTIONS: [&str; 3] =
    ["audit_entry_appended", "audit_entry_kept", "audit_log_kept"];

/// Adds the audit log, what keeps it from being changed, and how long entries are kept.
pub(crate) struct AuditLog;

impl MigrationName for AuditLog {
    fn name(&self) -> &'static str {
        "m20261124_000015_audit_log"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AuditLog {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut days = ColumnDef::new(Alias::new("audit_retention_days"));
        days.integer().not_null().default(0);
        let change = Statement::alter().table(Alias::new("organization")).add_column(days).take();
        manager.alter_table(change).await?;
        for table in [chain(), entry()] {
            table.make(manager).await?;
        }
        for guard in guards(manager) {
            manager.get_connection().execute_unprepared(guard).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [entry(), chain()] {
            manager.drop_table(Statement::drop().table(Alias::new(table.name())).take()).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for function in POSTGRES_FUNCTIONS {
                let drop = format!("DROP FUNCTION {function}()");
                manager.get_connection().execute_unprepared(&drop).await?;
            }
        }
        let column = Alias::new("audit_retention_days");
        let change =
            Statement::alter().table(Alias::new("organization")).drop_column(column).take();
        manager.alter_table(change).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn guards(manager: &SchemaManager) -> &'static [&'static str] {
    match manager.get_database_backend() {
        DbBackend::Postgres => POSTGRES_GUARDS,
        _ => SQLITE_GUARDS,
    }
}

/// Refers to no table: the log of a deleted organization stays.
fn chain() -> Table {
    Table::numbered("audit_chain")
        .big_integer("organization_id")
        .big_integer_or("position", 0)
        .text_or("hash", "")
        .big_integer_or("anchor_position", 0)
        .text_or("anchor_hash", "")
        .unique(&["organization_id"])
}

/// Refers to no table: an entry outlives what it tells of.
fn entry() -> Table {
    Table::numbered("audit_entry")
        .big_integer("organization_id")
        .big_integer("position")
        .moment("happened_at")
        .optional_big_integer("user_id")
        .optional_big_integer("api_token_id")
        .text("operation")
        .choice("outcome", OUTCOME)
        .optional_text("target_type")
        .optional_text("target_id")
        .optional_big_integer("threat_model_id")
        .optional_text("address")
        .optional_text("user_agent")
        .optional_text("request_id")
        .optional_text("trace_id")
        .json_or("changes", "{}")
        .text("hash")
        .text("signature")
        .unique(&["organization_id", "position"])
        .index(&["organization_id", "happened_at"])
        .index(&["organization_id", "user_id"])
        .index(&["organization_id", "threat_model_id"])
}
