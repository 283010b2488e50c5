//! Changes of many rows at once, each to its own values.

use entity::Tenanted;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue, ColumnTrait as _, EntityTrait, IdenStatic,
    Iterable, QueryFilter, QueryTrait, Value,
    sea_query::{Alias, Expr, ExprTrait, IntoIden, TableRef, ValueTuple},
};

use super::{KEYS_PER_STATEMENT, Transaction, audit::LARGEST_SMALL_CHANGE, transaction::Dates};
use crate::{Error, Result};

/// The name of the list of new values within the statement.
const CHANGED: &str = "changed";

impl Transaction<'_> {
    /// Writes rows that were read and then changed, each with its own values, in as few statements
    /// as the databases allow: one for thousands of rows. Rows without changes are left alone. Refuses rows that the actor may not change,
    /// or could not change afterwards. Returns how many were written.
    pub async fn save_many<A>(&self, rows: Vec<A>) -> Result<u64>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
    {
        let mut rows: Vec<A> = rows.into_iter().filter(A::is_changed).collect();
        for row in &mut rows {
            self.date(row, Dates::Updated);
        }
        let columns = changed_columns(&rows);
        let small = rows.len() <= LARGEST_SMALL_CHANGE;
        if let Some(first) = rows.first().filter(|_| !small) {
            let names: Vec<_> = columns.iter().map(IdenStatic::as_str).collect();
            let sample = |column| first.get(column).into_value();
            self.journal().changed_many::<A::Entity>(sample, rows.len() as u64, &names);
        }
        let before = if small { self.present::<A>(&rows).await? } else { Vec::new() };
        for chunk in rows.chunks(KEYS_PER_STATEMENT / (columns.len() + 1)) {
            self.save_chunk(chunk, &columns).await?;
        }
        if small {
            let after = self.present::<A>(&rows).await?;
            self.journal().changed::<A::Entity>(&before, &after);
        }
        Ok(rows.len() as u64)
    }

    /// A few rows as they are in the database, for the audit log.
    async fn present<A>(&self, rows: &[A]) -> Result<Vec<Model<A>>>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
    {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let key = A::Entity::key_column();
        let keys = rows.iter().map(|row| value(row, key)).collect::<Result<Vec<Value>>>()?;
        Ok(A::Entity::find().filter(key.is_in(keys)).all(self.connection().await?).await?)
    }

    async fn save_chunk<A>(&self, rows: &[A], columns: &[Column<A>]) -> Result<()>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
    {
        let key = A::Entity::key_column();
        let keys = rows.iter().map(|row| value(row, key)).collect::<Result<Vec<Value>>>()?;
        let tuples = rows.iter().map(|row| tuple(row, key, columns)).collect::<Result<_>>()?;
        // PostgreSQL and SQLite both name the columns of a list of values column1, column2, …
        let list = TableRef::ValuesList(tuples, Alias::new(CHANGED).into_iden());
        let mut update = A::Entity::update_many()
            .filter(A::Entity::writable_by(self.actor()))
            .filter(Expr::col((A::Entity::default(), key)).eq(column_of_list(1)));
        for (column, number) in columns.iter().zip(2..) {
            update = update.col_expr(*column, column_of_list(number));
        }
        QueryTrait::query(&mut update).from(list);
        let written = update.exec(self.connection().await?).await?.rows_affected;
        if written != rows.len() as u64 {
            return Err(Error::forbidden());
        }
        self.prove_writable::<A::Entity>(keys).await
    }
}

type Model<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Model;

type Column<A> = <<A as ActiveModelTrait>::Entity as EntityTrait>::Column;

fn column_of_list(number: usize) -> Expr {
    Expr::col((Alias::new(CHANGED), Alias::new(format!("column{number}"))))
}

/// Columns, other than the key, that any of the rows changes.
fn changed_columns<A>(rows: &[A]) -> Vec<Column<A>>
where
    A: ActiveModelTrait<Entity: Tenanted>,
{
    let key = A::Entity::key_column();
    Column::<A>::iter()
        .filter(|column| !same(column, &key))
        .filter(|column| rows.iter().any(|row| matches!(row.get(*column), ActiveValue::Set(_))))
        .collect()
}

fn same<C: IdenStatic>(one: &C, other: &C) -> bool {
    one.as_str() == other.as_str()
}

fn tuple<A>(row: &A, key: Column<A>, columns: &[Column<A>]) -> Result<ValueTuple>
where
    A: ActiveModelTrait,
{
    let values = std::iter::once(key).chain(columns.iter().copied());
    Ok(ValueTuple::Many(values.map(|column| value(row, column)).collect::<Result<_>>()?))
}

fn value<A: ActiveModelTrait>(row: &A, column: Column<A>) -> Result<Value> {
    match row.get(column) {
        ActiveValue::Set(value) | ActiveValue::Unchanged(value) => Ok(value),
        ActiveValue::NotSet => {
            Err(Error::Internal("a row that was not read cannot be written".to_owned()))
        }
    }
}
