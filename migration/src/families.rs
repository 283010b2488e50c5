//! Jobs that belong together, and requests that are remembered as carried out.

use sea_orm_migration::{
    prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager},
    sea_orm::sea_query::{Alias, ColumnDef, Index, Table as Statement},
};

const FAMILY_INDEX: &str = "ix_job_parent_id";
const WAITING_INDEX: &str = "ix_job_waits_for";

/// Adds what a job is part of and what it waits for, and whether a request was carried out.
pub(crate) struct Families;

impl MigrationName for Families {
    fn name(&self) -> &'static str {
        "m20261123_000010_families"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Families {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, mut column) in columns() {
            let change = Statement::alter().table(Alias::new(table)).add_column(&mut column).take();
            manager.alter_table(change).await?;
        }
        for (index, column) in [(FAMILY_INDEX, "parent_id"), (WAITING_INDEX, "waits_for")] {
            let mut create = Index::create();
            create.name(index).table(Alias::new("job")).col(Alias::new(column));
            manager.create_index(create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in [WAITING_INDEX, FAMILY_INDEX] {
            let drop = Index::drop().name(index).table(Alias::new("job")).to_owned();
            manager.drop_index(drop).await?;
        }
        for (table, column) in columns().into_iter().rev() {
            let name = Alias::new(column.get_column_name());
            let change = Statement::alter().table(Alias::new(table)).drop_column(name).take();
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn columns() -> Vec<(&'static str, ColumnDef)> {
    let identity = |name| ColumnDef::new(Alias::new(name)).uuid().take();
    let moment = |name| ColumnDef::new(Alias::new(name)).timestamp_with_time_zone().take();
    vec![
        ("job", identity("parent_id")),
        ("job", identity("waits_for")),
        ("idempotency_key", moment("carried_out_at")),
    ]
}
