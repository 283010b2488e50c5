//! Steps that make tables.

use sea_orm_migration::{
    prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager},
    sea_orm::sea_query::{Alias, Table as Statement},
};

use crate::table::Table;

/// A step that makes some tables, and drops them when taken back.
pub(crate) struct Tables {
    pub(crate) name: &'static str,
    pub(crate) tables: fn() -> Vec<Table>,
}

impl MigrationName for Tables {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in (self.tables)() {
            table.make(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in (self.tables)().iter().rev() {
            manager.drop_table(Statement::drop().table(Alias::new(table.name())).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
