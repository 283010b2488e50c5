//! Steps that make tables, and steps that extend them.

use sea_orm_migration::{
    prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager},
    sea_orm::sea_query::{Alias, ColumnDef, Table as Statement},
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

/// A column that a table gets later.
pub(crate) struct Column {
    table: &'static str,
    name: &'static str,
    definition: ColumnDef,
}

impl Column {
    /// A column that is empty or has a default, since there may be rows.
    pub(crate) fn new(
        table: &'static str,
        name: &'static str,
        define: fn(&mut ColumnDef) -> &mut ColumnDef,
    ) -> Self {
        let mut definition = ColumnDef::new(Alias::new(name));
        define(&mut definition);
        Self { table, name, definition }
    }
}

/// A step that adds columns and tables, and drops them when taken back.
pub(crate) struct Extension {
    pub(crate) name: &'static str,
    pub(crate) columns: fn() -> Vec<Column>,
    pub(crate) tables: fn() -> Vec<Table>,
}

impl MigrationName for Extension {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Extension {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for mut column in (self.columns)() {
            let mut change = Statement::alter();
            change.table(Alias::new(column.table)).add_column(&mut column.definition);
            manager.alter_table(change).await?;
        }
        for table in (self.tables)() {
            table.make(manager).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in (self.tables)().iter().rev() {
            manager.drop_table(Statement::drop().table(Alias::new(table.name())).take()).await?;
        }
        for column in (self.columns)().iter().rev() {
            let mut change = Statement::alter();
            change.table(Alias::new(column.table)).drop_column(Alias::new(column.name));
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
