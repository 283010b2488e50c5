use chrono::{DateTime, Utc};
use entity::{Actor, Id, Keyed, Names, Tenanted};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, Iterable, ModelTrait, QueryFilter, Value,
    sea_query::{Expr, IntoCondition, OnConflict, ValueType},
};

use super::{KEYS_PER_STATEMENT, Scope, Store, ledger, repetition};
use crate::{Error, Result};

/// Changes on behalf of one actor. Dropping it undoes them.
pub struct Transaction<'s> {
    actor: &'s Actor,
    connection: DatabaseTransaction,
    store: &'s Store,
}

impl<'s> Transaction<'s> {
    pub(super) const fn new(
        actor: &'s Actor,
        connection: DatabaseTransaction,
        store: &'s Store,
    ) -> Self {
        Self { actor, connection, store }
    }

    /// Who asks.
    pub const fn actor(&self) -> &'s Actor {
        self.actor
    }

    /// The time by which rows are dated.
    pub fn now(&self) -> DateTime<Utc> {
        self.store.clock.now()
    }

    /// What the actor sees within these changes.
    pub fn scope(&self) -> Scope<'_> {
        Scope::within(self.actor, &self.connection, &self.store.vault, &self.store.clock)
    }

    pub(super) const fn connection(&self) -> &DatabaseTransaction {
        &self.connection
    }

    /// Holds a row until the commit: other transactions that hold it wait. For rules about
    /// several rows below it that would otherwise be checked side by side.
    pub async fn hold<E: Tenanted + Keyed>(&self, row: Id<E>) -> Result<()> {
        super::hold(&self.connection, row).await
    }

    /// Adds a row and refuses one that the actor could not change afterwards.
    pub async fn insert<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        self.date(&mut row, Dates::Created);
        let row = row.insert(&self.connection).await?;
        self.prove_writable::<A::Entity>(vec![key_value::<A::Entity>(&row)]).await?;
        Ok(row)
    }

    /// Adds many rows, in order, and refuses any that the actor could not change afterwards.
    pub async fn insert_many<A>(
        &self,
        rows: Vec<A>,
    ) -> Result<Vec<<A::Entity as EntityTrait>::Model>>
    where
        A: ActiveModelTrait<Entity: Tenanted + Keyed> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        let mut added = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut chunk: Vec<A> = rows.by_ref().take(rows_per_insert::<A>()).collect();
            for row in &mut chunk {
                self.date(row, Dates::Created);
            }
            let mut models =
                A::Entity::insert_many(chunk).exec_with_returning(&self.connection).await?;
            // Keys ascend in the order of the rows; RETURNING promises no order.
            models.sort_by_key(key::<A::Entity>);
            self.prove_writable::<A::Entity>(models.iter().map(key_value::<A::Entity>).collect())
                .await?;
            added.extend(models);
        }
        Ok(added)
    }

    /// Adds rows and leaves those alone that exist by a unique constraint. Returns how many were
    /// added.
    pub async fn insert_missing<A>(&self, rows: Vec<A>) -> Result<u64>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        let mut added = 0;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut chunk: Vec<A> = rows.by_ref().take(rows_per_insert::<A>()).collect();
            for row in &mut chunk {
                self.date(row, Dates::Created);
            }
            let models = A::Entity::insert_many(chunk)
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .exec_with_returning(&self.connection)
                .await?;
            added += models.len() as u64;
            self.prove_writable::<A::Entity>(models.iter().map(key_value::<A::Entity>).collect())
                .await?;
        }
        Ok(added)
    }

    /// Adds rows, or sets the columns of `conflict` where a row exists. Returns those added or
    /// changed, and refuses any that the actor could not change afterwards.
    pub async fn upsert_many<A>(
        &self,
        rows: Vec<A>,
        conflict: OnConflict,
    ) -> Result<Vec<<A::Entity as EntityTrait>::Model>>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        let mut written = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut chunk: Vec<A> = rows.by_ref().take(rows_per_insert::<A>()).collect();
            for row in &mut chunk {
                self.date(row, Dates::Created);
            }
            let models = A::Entity::insert_many(chunk)
                .on_conflict(conflict.clone())
                .exec_with_returning(&self.connection)
                .await?;
            let keys = models.iter().map(key_value::<A::Entity>).collect();
            self.prove_writable::<A::Entity>(keys).await?;
            written.extend(models);
        }
        Ok(written)
    }

    /// Changes a row that the actor may change, and refuses to move it out of his reach.
    pub async fn update<E>(
        &self,
        row: impl Names<E>,
        change: impl FnOnce(&mut E::ActiveModel),
    ) -> Result<E::Model>
    where
        E: Keyed + Tenanted<ActiveModel: ActiveModelBehavior + Send>,
        E::Model: IntoActiveModel<E::ActiveModel> + ModelTrait<Entity = E>,
    {
        let row = self.scope().get_writable::<E>(row).await?;
        self.update_row::<E>(row, change).await
    }

    /// Changes a row in hand, which the actor must be able to change afterwards.
    pub async fn update_row<E>(
        &self,
        row: E::Model,
        change: impl FnOnce(&mut E::ActiveModel),
    ) -> Result<E::Model>
    where
        E: Tenanted<ActiveModel: ActiveModelBehavior + Send>,
        E::Model: IntoActiveModel<E::ActiveModel> + ModelTrait<Entity = E>,
    {
        let mut row = row.into_active_model();
        change(&mut row);
        self.save(row).await
    }

    /// Writes a changed row, which the actor must be able to change afterwards.
    pub async fn save<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        self.date(&mut row, Dates::Updated);
        let row = row.update(&self.connection).await?;
        self.prove_writable::<A::Entity>(vec![key_value::<A::Entity>(&row)]).await?;
        Ok(row)
    }

    /// Begins a change of many rows at once.
    pub fn change<E: Tenanted>(&self) -> Change<'_, E> {
        let mut update = E::update_many().filter(E::writable_by(self.actor));
        if let Ok(column) = "updated_at".parse::<E::Column>() {
            update = update.col_expr(column, Expr::value(self.now()));
        }
        Change { connection: &self.connection, update }
    }

    /// Deletes a row that the actor may change.
    pub async fn delete<E: Tenanted + Keyed>(&self, row: impl Names<E>) -> Result<()> {
        let id = row.id();
        if self.delete_where::<E>(E::key_column().eq(id)).await? > 0 {
            return Ok(());
        }
        Err(self.scope().absent_or_forbidden::<E>(id).await?)
    }

    /// Deletes those of the rows that the actor may change. Returns how many.
    pub async fn delete_where<E: Tenanted>(&self, which: impl IntoCondition) -> Result<u64> {
        let done = E::delete_many()
            .filter(E::writable_by(self.actor))
            .filter(which.into_condition())
            .exec(&self.connection)
            .await?;
        Ok(done.rows_affected)
    }

    /// Makes the changes lasting and wakes whoever carries jobs to the queue.
    pub async fn commit(self) -> Result<()> {
        repetition::note_carried_out(&self.connection, self.now()).await?;
        if let Some(attempt) = &self.store.attempt {
            ledger::prove_held(&self.connection, attempt).await?;
        }
        self.connection.commit().await?;
        self.store.enqueued.notify_one();
        Ok(())
    }

    pub(super) fn date<A: ActiveModelTrait>(&self, row: &mut A, dates: Dates) {
        let now = self.now();
        let mut set = |name: &str| {
            if let Ok(column) = name.parse::<<A::Entity as EntityTrait>::Column>() {
                row.set(column, Value::from(now));
            }
        };
        set("updated_at");
        if matches!(dates, Dates::Created) {
            set("created_at");
        }
    }

    /// A row outside the actor's reach is refused; dropping the transaction undoes it.
    pub(super) async fn prove_writable<E: Tenanted>(&self, keys: Vec<Value>) -> Result<()> {
        let added = keys.len() as u64;
        let written = self.scope().find_writable::<E>().filter(E::key_column().is_in(keys));
        if written.count().await? == added { Ok(()) } else { Err(Error::forbidden()) }
    }
}

/// How many rows fit into one INSERT, since every column of every row is bound.
fn rows_per_insert<A: ActiveModelTrait>() -> usize {
    let columns = <A::Entity as EntityTrait>::Column::iter().count();
    KEYS_PER_STATEMENT / columns.max(1)
}

#[derive(Clone, Copy)]
pub(super) enum Dates {
    Created,
    Updated,
}

fn key_value<E: Tenanted>(row: &E::Model) -> Value
where
    E::Model: ModelTrait<Entity = E>,
{
    row.get(E::key_column())
}

fn key<E: Tenanted + Keyed>(row: &E::Model) -> Id<E>
where
    E::Model: ModelTrait<Entity = E>,
{
    <Id<E> as ValueType>::try_from(key_value::<E>(row)).expect("the key column holds the key")
}

/// A change of many rows at once, limited to those that the actor may change.
pub struct Change<'t, E: EntityTrait> {
    connection: &'t DatabaseTransaction,
    update: sea_orm::UpdateMany<E>,
}

impl<E: Tenanted> Change<'_, E> {
    /// Sets a column to a value or an expression.
    #[must_use]
    pub fn set(mut self, column: E::Column, value: impl Into<Expr>) -> Self {
        self.update = self.update.col_expr(column, value.into());
        self
    }

    /// Narrows the rows.
    #[must_use]
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.update = self.update.filter(condition.into_condition());
        self
    }

    /// Changes the rows. Returns how many.
    pub async fn exec(self) -> Result<u64> {
        Ok(self.update.exec(self.connection).await?.rows_affected)
    }
}
