//! A short way to write a table down: columns, references, constraints and indexes in one chain.
//!
//! Columns are `NOT NULL` unless their method says optional. Text has no length, and times have no
//! default, so that both databases take the same values and sort them in the same way.

use sea_orm_migration::{
    prelude::{DbErr, SchemaManager},
    sea_orm::sea_query::{
        Alias, ColumnDef, ConditionalStatement, Expr, ForeignKey, ForeignKeyAction, Index,
        IndexCreateStatement, Table as Statement, TableCreateStatement,
    },
};

/// PostgreSQL cuts longer names off.
const LONGEST_NAME: usize = 63;

/// What happens to a row when the row it refers to is deleted.
#[derive(Clone, Copy)]
pub(crate) enum Delete {
    /// The row is deleted, too.
    Cascade,
    /// The row stays, without the reference.
    SetNull,
    /// The deletion fails, unless the same statement deletes this row as well.
    NoAction,
}

/// A table to be made, with its indexes.
pub(crate) struct Table {
    name: &'static str,
    create: TableCreateStatement,
    referring: Vec<&'static str>,
    indexes: Vec<(&'static [&'static str], IndexCreateStatement)>,
}

impl Table {
    /// A table whose rows are numbered; numbers of deleted rows are not used again.
    pub(crate) fn numbered(name: &'static str) -> Self {
        let mut id = column("id");
        id.big_integer().not_null().auto_increment().primary_key();
        Self::with_key(name, id)
    }

    /// A table whose rows have random keys, which the program makes.
    pub(crate) fn identified(name: &'static str) -> Self {
        let mut id = column("id");
        id.uuid().not_null().primary_key();
        Self::with_key(name, id)
    }

    fn with_key(name: &'static str, id: ColumnDef) -> Self {
        let mut create = Statement::create();
        create.table(Alias::new(name)).col(id);
        Self { name, create, referring: Vec::new(), indexes: Vec::new() }
    }

    pub(crate) fn text(self, name: &'static str) -> Self {
        self.with(column(name).text().not_null())
    }

    pub(crate) fn text_or(self, name: &'static str, default: &'static str) -> Self {
        self.with(column(name).text().not_null().default(default))
    }

    pub(crate) fn optional_text(self, name: &'static str) -> Self {
        self.with(column(name).text())
    }

    /// Text out of a closed set.
    pub(crate) fn choice(self, name: &'static str, choices: &[&str]) -> Self {
        self.text(name).check(&one_of(name, choices))
    }

    pub(crate) fn choice_or(
        self,
        name: &'static str,
        choices: &[&str],
        default: &'static str,
    ) -> Self {
        self.text_or(name, default).check(&one_of(name, choices))
    }

    pub(crate) fn flag(self, name: &'static str, default: bool) -> Self {
        self.with(column(name).boolean().not_null().default(default))
    }

    pub(crate) fn integer(self, name: &'static str) -> Self {
        self.with(column(name).integer().not_null())
    }

    pub(crate) fn integer_or(self, name: &'static str, default: i32) -> Self {
        self.with(column(name).integer().not_null().default(default))
    }

    pub(crate) fn optional_integer(self, name: &'static str) -> Self {
        self.with(column(name).integer())
    }

    pub(crate) fn big_integer(self, name: &'static str) -> Self {
        self.with(column(name).big_integer().not_null())
    }

    pub(crate) fn big_integer_or(self, name: &'static str, default: i64) -> Self {
        self.with(column(name).big_integer().not_null().default(default))
    }

    pub(crate) fn optional_big_integer(self, name: &'static str) -> Self {
        self.with(column(name).big_integer())
    }

    pub(crate) fn optional_number(self, name: &'static str) -> Self {
        self.with(column(name).double())
    }

    /// JSON as text: the driver sends JSON as `jsonb`, which sorts keys, whatever the column is.
    pub(crate) fn json_or(self, name: &'static str, default: &'static str) -> Self {
        self.text_or(name, default)
    }

    pub(crate) fn optional_json(self, name: &'static str) -> Self {
        self.optional_text(name)
    }

    pub(crate) fn moment(self, name: &'static str) -> Self {
        self.with(column(name).timestamp_with_time_zone().not_null())
    }

    pub(crate) fn optional_moment(self, name: &'static str) -> Self {
        self.with(column(name).timestamp_with_time_zone())
    }

    pub(crate) fn timestamps(self) -> Self {
        self.moment("created_at").moment("updated_at")
    }

    /// A reference to a numbered table, with an index.
    pub(crate) fn reference(self, name: &'static str, to: &'static str, rule: Delete) -> Self {
        self.with(column(name).big_integer().not_null()).refers(name, to, rule)
    }

    pub(crate) fn optional_reference(
        self,
        name: &'static str,
        to: &'static str,
        rule: Delete,
    ) -> Self {
        self.with(column(name).big_integer()).refers(name, to, rule)
    }

    /// A reference to a table with random keys, with an index.
    pub(crate) fn optional_uuid_reference(
        self,
        name: &'static str,
        to: &'static str,
        rule: Delete,
    ) -> Self {
        self.with(column(name).uuid()).refers(name, to, rule)
    }

    /// A random key of a row that may be gone.
    pub(crate) fn optional_uuid(self, name: &'static str) -> Self {
        self.with(column(name).uuid())
    }

    /// Limits a number from below.
    pub(crate) fn at_least(self, name: &'static str, least: i32) -> Self {
        self.check(&format!("\"{name}\" >= {least}"))
    }

    /// Limits a number to a range, ends included.
    pub(crate) fn within(self, name: &'static str, least: i32, most: i32) -> Self {
        self.check(&format!("\"{name}\" BETWEEN {least} AND {most}"))
    }

    /// Refuses rows that do not satisfy an expression both databases understand.
    pub(crate) fn check(mut self, expression: &str) -> Self {
        self.create.check(Expr::cust(expression.to_owned()));
        self
    }

    pub(crate) fn unique(self, columns: &'static [&'static str]) -> Self {
        let index = self.named_index("uq", columns).unique().take();
        self.indexed(columns, index)
    }

    /// No two rows that satisfy the expression have the same values.
    pub(crate) fn unique_where(
        self,
        columns: &'static [&'static str],
        expression: &'static str,
    ) -> Self {
        let index =
            self.named_index("uq", columns).unique().and_where(Expr::cust(expression)).take();
        self.indexed(&[], index)
    }

    pub(crate) fn index(self, columns: &'static [&'static str]) -> Self {
        let index = self.named_index("ix", columns);
        self.indexed(columns, index)
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Makes the table and its indexes. A reference that leads no index gets one of its own,
    /// because deleting the row it refers to looks for it.
    pub(crate) async fn make(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.create.clone()).await?;
        let table = self.index_references();
        for (_, index) in table.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn index_references(mut self) -> Self {
        for name in std::mem::take(&mut self.referring) {
            if self.indexes.iter().any(|(columns, _)| columns.first() == Some(&name)) {
                continue;
            }
            let index = self.named_index("ix", &[name]);
            self = self.indexed(&[], index);
        }
        self
    }

    fn with(mut self, column: &mut ColumnDef) -> Self {
        self.create.col(column.take());
        self
    }

    fn refers(mut self, name: &'static str, to: &'static str, rule: Delete) -> Self {
        let action = match rule {
            Delete::Cascade => ForeignKeyAction::Cascade,
            Delete::SetNull => ForeignKeyAction::SetNull,
            Delete::NoAction => ForeignKeyAction::NoAction,
        };
        let mut key = ForeignKey::create();
        key.from(Alias::new(self.name), Alias::new(name))
            .to(Alias::new(to), Alias::new("id"))
            .on_delete(action);
        self.create.foreign_key(&mut key);
        self.referring.push(name);
        self
    }

    fn indexed(mut self, columns: &'static [&'static str], index: IndexCreateStatement) -> Self {
        self.indexes.push((columns, index));
        self
    }

    fn named_index(&self, prefix: &str, columns: &[&'static str]) -> IndexCreateStatement {
        let mut name = format!("{prefix}_{}_{}", self.name, columns.join("_"));
        if name.len() > LONGEST_NAME {
            let number = self.indexes.len().to_string();
            name.truncate(LONGEST_NAME - number.len());
            name.push_str(&number);
        }
        let mut index = Index::create();
        index.name(name).table(Alias::new(self.name));
        for column in columns {
            index.col(Alias::new(*column));
        }
        index
    }
}

fn column(name: &'static str) -> ColumnDef {
    ColumnDef::new(Alias::new(name))
}

fn one_of(name: &str, choices: &[&str]) -> String {
    format!("\"{name}\" IN ('{}')", choices.join("', '"))
}
