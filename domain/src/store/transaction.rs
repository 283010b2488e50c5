use std::{
    mem, slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use entity::{Actor, Id, Keyed, Names, Tenanted};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait,
    IdenStatic as _, IntoActiveModel, Iterable, ModelTrait, QueryFilter, QuerySelect, Value,
    sea_query::{Condition, Expr, IntoCondition, OnConflict, ValueType},
};

use super::{
    KEYS_PER_STATEMENT, Scope, Store,
    audit::{self, Journal, LARGEST_SMALL_CHANGE},
    ledger, repetition,
    scope::Connection,
    wall::{Named, Wall},
};
use crate::{Error, Result};

/// Changes on behalf of one actor. Dropping it undoes them.
pub struct Transaction<'s> {
    actor: &'s Actor,
    connection: DatabaseTransaction,
    store: &'s Store,
    named: Named,
    journal: Mutex<Journal>,
}

impl<'s> Transaction<'s> {
    pub(super) fn new(actor: &'s Actor, connection: DatabaseTransaction, store: &'s Store) -> Self {
        Self { actor, connection, store, named: Named::default(), journal: Mutex::default() }
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
        let connection = Connection::Transaction(&self.connection);
        Scope::new(self.actor, connection, self.wall(), self.store)
    }

    /// The connection, after the organizations of the actor were named to it.
    pub(super) async fn connection(&self) -> Result<&DatabaseTransaction> {
        self.wall().name(self.actor, &self.connection).await?;
        Ok(&self.connection)
    }

    const fn wall(&self) -> Wall<'_> {
        if self.store.walled { Wall::Transaction(&self.named) } else { Wall::Absent }
    }

    /// What was changed so far, for the audit log.
    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds a row until the commit: other transactions that hold it wait. For rules about
    /// several rows below it that would otherwise be checked side by side.
    pub async fn hold<E: Tenanted + Keyed>(&self, row: Id<E>) -> Result<()> {
        super::hold(self.connection().await?, row).await
    }

    /// Adds a row and refuses one that the actor could not change afterwards.
    pub async fn insert<A>(&self, mut row: A) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        self.date(&mut row, Dates::Created);
        let row = row.insert(self.connection().await?).await?;
        self.prove_writable::<A::Entity>(vec![key_value::<A::Entity>(&row)]).await?;
        self.journal().added::<A::Entity>(slice::from_ref(&row));
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
                A::Entity::insert_many(chunk).exec_with_returning(self.connection().await?).await?;
            // Keys ascend in the order of the rows; RETURNING promises no order.
            models.sort_by_key(key::<A::Entity>);
            self.prove_writable::<A::Entity>(models.iter().map(key_value::<A::Entity>).collect())
                .await?;
            self.journal().added::<A::Entity>(&models);
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
                .exec_with_returning(self.connection().await?)
                .await?;
            added += models.len() as u64;
            self.journal().added::<A::Entity>(&models);
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
                .exec_with_returning(self.connection().await?)
                .await?;
            let keys = models.iter().map(key_value::<A::Entity>).collect();
            self.prove_writable::<A::Entity>(keys).await?;
            self.journal().changed::<A::Entity>(&[], &models);
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
        let mut changed = row.clone().into_active_model();
        change(&mut changed);
        self.save(&row, changed).await
    }

    /// Writes a row that was changed, which the actor must be able to change afterwards.
    pub async fn save<A>(
        &self,
        before: &<A::Entity as EntityTrait>::Model,
        mut row: A,
    ) -> Result<<A::Entity as EntityTrait>::Model>
    where
        A: ActiveModelTrait<Entity: Tenanted> + ActiveModelBehavior + Send,
        <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + ModelTrait<Entity = A::Entity>,
    {
        self.date(&mut row, Dates::Updated);
        let row = row.update(self.connection().await?).await?;
        self.prove_writable::<A::Entity>(vec![key_value::<A::Entity>(&row)]).await?;
        let (before, after) = (slice::from_ref(before), slice::from_ref(&row));
        self.journal().changed::<A::Entity>(before, after);
        Ok(row)
    }

    /// Begins a change of many rows at once.
    pub fn change<E: Tenanted>(&self) -> Change<'_, 's, E> {
        let mut update = E::update_many();
        if let Ok(column) = "updated_at".parse::<E::Column>() {
            update = update.col_expr(column, Expr::value(self.now()));
        }
        let which = Condition::all().add(E::writable_by(self.actor));
        Change { transaction: self, update, which, columns: Vec::new() }
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
        let removed = E::delete_many()
            .filter(E::writable_by(self.actor))
            .filter(which.into_condition())
            .exec_with_returning(self.connection().await?)
            .await?;
        self.journal().removed::<E>(&removed);
        Ok(removed.len() as u64)
    }

    /// Makes the changes lasting and wakes whoever carries jobs to the queue.
    pub async fn commit(mut self) -> Result<()> {
        let journal = mem::take(self.journal.get_mut().unwrap_or_else(PoisonError::into_inner));
        repetition::note_carried_out(&self.connection, self.now()).await?;
        if let Some(attempt) = &self.store.attempt {
            ledger::prove_held(self.connection().await?, attempt).await?;
        }
        self.log(journal).await?;
        self.connection.commit().await?;
        self.store.enqueued.notify_one();
        Ok(())
    }

    async fn log(&self, journal: Journal) -> Result<()> {
        let logs = journal.organizations();
        if logs.is_empty() {
            return Ok(());
        }
        let connection = self.connection().await?;
        self.wall().name_also(self.actor, connection, logs).await?;
        let user = self.actor.user().map(Id::key);
        audit::write(connection, self.now(), &self.store.vault, user, journal).await
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
pub struct Change<'t, 's, E: EntityTrait> {
    transaction: &'t Transaction<'s>,
    update: sea_orm::UpdateMany<E>,
    which: Condition,
    columns: Vec<&'static str>,
}

impl<E: Tenanted> Change<'_, '_, E> {
    /// Sets a column to a value or an expression.
    #[must_use]
    pub fn set(mut self, column: E::Column, value: impl Into<Expr>) -> Self {
        self.update = self.update.col_expr(column, value.into());
        self.columns.push(column.as_str());
        self
    }

    /// Narrows the rows.
    #[must_use]
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.which = self.which.add(condition.into_condition());
        self
    }

    /// Changes the rows. Returns how many. Of a few rows the audit log tells the values before and
    /// after, so they are read first; of many it tells how many they are.
    pub async fn exec(self) -> Result<u64> {
        let Self { transaction, update, which, columns } = self;
        let connection = transaction.connection().await?;
        let some = LARGEST_SMALL_CHANGE as u64 + 1;
        let before = E::find().filter(which.clone()).limit(some).all(connection).await?;
        let Some(first) = before.first() else { return Ok(0) };
        let update = update.filter(which);
        if before.len() > LARGEST_SMALL_CHANGE {
            let changed = update.exec(connection).await?.rows_affected;
            let sample = |column| Some(first.get(column));
            transaction.journal().changed_many::<E>(sample, changed, &columns);
            return Ok(changed);
        }
        let after = update.exec_with_returning(connection).await?;
        transaction.journal().changed::<E>(&before, &after);
        Ok(after.len() as u64)
    }
}
