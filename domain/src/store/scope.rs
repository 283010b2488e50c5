use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{Actor, Id, Keyed, Names, Ref, Tenanted};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbErr,
    QuerySelect, TryGetable,
};

use super::{Find, KEYS_PER_STATEMENT, Store, wall::Wall};
use crate::{Error, Result, account::Vault, audit::Occasion};

/// The database as one actor may see it.
#[derive(Clone, Copy)]
pub struct Scope<'c> {
    actor: &'c Actor,
    connection: Connection<'c>,
    wall: Wall<'c>,
    store: &'c Store,
}

#[derive(Clone, Copy)]
pub(super) enum Connection<'c> {
    Pool(&'c DatabaseConnection),
    Transaction(&'c DatabaseTransaction),
}

impl<'c> Scope<'c> {
    pub(super) const fn new(
        actor: &'c Actor,
        connection: Connection<'c>,
        wall: Wall<'c>,
        store: &'c Store,
    ) -> Self {
        Self { actor, connection, wall, store }
    }

    /// For statements that carry [`Scope::gate`], or that read tables which belong to no tenant.
    pub(super) fn executor(self) -> DatabaseExecutor<'c> {
        match self.connection {
            Connection::Pool(connection) => connection.into(),
            Connection::Transaction(transaction) => transaction.into(),
        }
    }

    /// A condition that every statement must carry, for the second wall.
    pub(super) fn gate(self) -> Condition {
        Condition::all().add_option(self.wall.gate(self.actor))
    }

    /// Takes the outcome of a statement with the gate, and whether it found something: PostgreSQL
    /// does not look at the gate when it knows that there is nothing behind it.
    pub(super) fn passed<T>(
        self,
        outcome: Result<T, DbErr>,
        found: impl FnOnce(&T) -> bool,
    ) -> Result<T> {
        let value = outcome?;
        if found(&value) {
            self.wall.passed();
        }
        Ok(value)
    }

    pub(super) const fn store(self) -> &'c Store {
        self.store
    }

    /// Who asks.
    pub const fn actor(self) -> &'c Actor {
        self.actor
    }

    /// Encrypts and decrypts what is stored encrypted.
    pub fn vault(self) -> &'c Vault {
        &self.store.vault
    }

    /// The current time in UTC.
    pub fn now(self) -> DateTime<Utc> {
        self.store.clock.now()
    }

    /// Rows of the table that the actor may see.
    pub fn find<E: Tenanted>(self) -> Find<'c, E> {
        Find::new(self, E::find(), E::visible_to(self.actor))
    }

    /// Rows of the table that the actor may change.
    pub fn find_writable<E: Tenanted>(self) -> Find<'c, E> {
        Find::new(self, E::find(), E::writable_by(self.actor))
    }

    /// One row, or [`Error::NotFound`].
    pub async fn get<E: Tenanted + Keyed>(self, row: impl Names<E>) -> Result<E::Model> {
        self.find::<E>().filter(E::key_column().eq(row.id())).one().await?.ok_or(Error::NotFound)
    }

    /// One row that the actor may change. One that he only sees is [`Error::Forbidden`].
    pub async fn get_writable<E: Tenanted + Keyed>(self, row: impl Names<E>) -> Result<E::Model> {
        let id = row.id();
        let found = self.find_writable::<E>().filter(E::key_column().eq(id)).one().await?;
        match found {
            Some(row) => Ok(row),
            None => Err(self.absent_or_forbidden::<E>(id).await?),
        }
    }

    /// Vouches for an id that a client sent.
    pub async fn known<E: Tenanted + Keyed>(self, wire: Ref<E>) -> Result<Id<E>> {
        let id = wire.id();
        let found = self.find::<E>().filter(E::key_column().eq(id)).exists().await?;
        if found { Ok(id) } else { Err(Error::NotFound) }
    }

    /// Those of the ids that name rows the actor may see.
    pub async fn known_among<E: Tenanted + Keyed>(
        self,
        wire: impl IntoIterator<Item = Ref<E>>,
    ) -> Result<HashSet<Id<E>>> {
        let ids: Vec<Id<E>> = wire.into_iter().map(Names::id).collect();
        let mut known = HashSet::with_capacity(ids.len());
        for chunk in ids.chunks(KEYS_PER_STATEMENT) {
            let key = E::key_column();
            let found = self.find::<E>().filter(key.is_in(chunk.iter().copied()));
            known.extend(found.values::<Id<E>>(key).await?);
        }
        Ok(known)
    }

    /// One column of many rows, by id, in one statement per 30 000 ids.
    pub async fn lookup<E: Tenanted + Keyed, T: TryGetable + Send + Sync>(
        self,
        ids: impl IntoIterator<Item = Id<E>>,
        column: E::Column,
    ) -> Result<HashMap<Id<E>, T>> {
        let ids: HashSet<Id<E>> = ids.into_iter().collect();
        let ids: Vec<Id<E>> = ids.into_iter().collect();
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(KEYS_PER_STATEMENT) {
            let key = E::key_column();
            let rows: Vec<(Id<E>, T)> = self
                .find::<E>()
                .filter(key.is_in(chunk.iter().copied()))
                .shape(|select| select.select_only().column(key).column(column))
                .tuples()
                .await?;
            found.extend(rows);
        }
        Ok(found)
    }

    pub(super) async fn absent_or_forbidden<E: Tenanted + Keyed>(self, id: Id<E>) -> Result<Error> {
        let visible = self.find::<E>().filter(E::key_column().eq(id));
        let of: Vec<Option<i64>> = visible.values(E::ORGANIZATION).await?;
        let Some(organization) = of.first() else { return Ok(Error::NotFound) };
        if let (Some(occasion), Some(key)) = (Occasion::current(), organization) {
            occasion.note_refused(Id::trusted(*key));
        }
        Ok(Error::forbidden())
    }
}
