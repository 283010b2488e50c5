//! An organization's library within a transaction: rows that packs bring, and links between them,
//! written in whole sets.

use std::collections::{HashMap, HashSet};

use entity::{Id, Keyed, Tenanted, organization, pack};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel,
    ModelTrait, QuerySelect, Value,
    sea_query::{CaseStatement, Expr, OnConflict, ValueType},
};

use crate::{
    Result, Transaction,
    store::{Find, ROWS_PER_STATEMENT},
};

/// A table whose rows can be written in sets.
pub(super) trait Written:
    Keyed
    + Tenanted<
        Model: IntoActiveModel<Self::ActiveModel> + ModelTrait<Entity = Self> + Send + Sync,
        ActiveModel: ActiveModelTrait<Entity = Self> + ActiveModelBehavior + Send,
    >
{
}

impl<E> Written for E where
    E: Keyed
        + Tenanted<
            Model: IntoActiveModel<Self::ActiveModel> + ModelTrait<Entity = Self> + Send + Sync,
            ActiveModel: ActiveModelTrait<Entity = Self> + ActiveModelBehavior + Send,
        >
{
}

/// A table of items that packs bring.
pub(super) trait Brought: Written {
    /// What names a row within the organization.
    const NAME: Self::Column;
    /// The pack that brings the row.
    const PACK: Self::Column;
    /// When a user changed the row.
    const CUSTOMISED: Self::Column;
    /// When the pack stopped bringing the row.
    const RETIRED: Self::Column;
    /// What an import sets.
    const CONTENT: &'static [Self::Column];
}

/// A table of links between two items.
pub(super) trait Linking: Written {
    /// The pack that brings the link.
    const PACK: Self::Column;
    /// The one end.
    const LEFT: Self::Column;
    /// The other end.
    const RIGHT: Self::Column;
    /// What an import sets besides the ends.
    const CONTENT: &'static [Self::Column];
}

/// Items after an import, by name.
pub(super) struct Stock<E: EntityTrait> {
    /// All items of the pack, and others that were asked for.
    pub rows: HashMap<String, E::Model>,
    /// Names that were not there before.
    pub added: HashSet<String>,
}

impl<E: Brought> Stock<E> {
    /// The key of a row.
    pub(super) fn id(&self, name: &str) -> Option<Id<E>> {
        self.rows.get(name).map(key::<E>)
    }
}

/// The library of one organization.
#[derive(Clone, Copy)]
pub(super) struct Library<'t, 's> {
    pub transaction: &'t Transaction<'s>,
    pub organization: Id<organization::Entity>,
}

impl<'t> Library<'t, '_> {
    /// Rows of this organization.
    pub(super) fn find<E: Tenanted>(&self) -> Find<'t, E> {
        self.transaction.scope().find::<E>().filter(E::ORGANIZATION.eq(self.organization))
    }

    /// Makes the items of a pack those in `rows`: adds what is new, changes what differs unless a
    /// user changed it, retires what the pack no longer brings and brings back what it does again.
    pub(super) async fn bring<E: Brought>(
        &self,
        pack: Id<pack::Entity>,
        rows: Vec<E::ActiveModel>,
    ) -> Result<Stock<E>> {
        let names: Vec<String> = rows.iter().map(name_in::<E>).collect();
        let mut known = self.known::<E>(pack, &names).await?;
        let names: HashSet<String> = names.into_iter().collect();
        self.retire::<E>(pack, &known, &names).await?;
        let changed: Vec<E::ActiveModel> = rows
            .into_iter()
            .filter(|row| known.get(&name_in::<E>(row)).is_none_or(|old| outdated::<E>(old, row)))
            .collect();
        let added = names.iter().filter(|name| !known.contains_key(*name)).cloned().collect();
        let written = self.transaction.upsert_many(changed, replacing::<E>()).await?;
        known.extend(written.into_iter().map(|row| (name_of::<E>(&row), row)));
        Ok(Stock { rows: known, added })
    }

    /// Rows that the pack brought, and others with these names.
    async fn known<E: Brought>(
        &self,
        pack: Id<pack::Entity>,
        names: &[String],
    ) -> Result<HashMap<String, E::Model>> {
        let brought = self.find::<E>().filter(E::PACK.eq(pack)).all().await?;
        let mut known: HashMap<String, E::Model> =
            brought.into_iter().map(|row| (name_of::<E>(&row), row)).collect();
        let others: Vec<&String> = names.iter().filter(|name| !known.contains_key(*name)).collect();
        for chunk in others.chunks(ROWS_PER_STATEMENT) {
            let asked = E::NAME.is_in(chunk.iter().map(|name| name.as_str()));
            let rows = self.find::<E>().filter(asked).all().await?;
            known.extend(rows.into_iter().map(|row| (name_of::<E>(&row), row)));
        }
        Ok(known)
    }

    async fn retire<E: Brought>(
        &self,
        pack: Id<pack::Entity>,
        known: &HashMap<String, E::Model>,
        names: &HashSet<String>,
    ) -> Result<()> {
        let retired = |row: &E::Model| !is_null(&row.get(E::RETIRED));
        let ours = |row: &E::Model| row.get(E::PACK) == Value::from(pack);
        let dropped =
            known.iter().filter(|(name, row)| !names.contains(*name) && ours(row) && !retired(row));
        let dropped: Vec<Id<E>> = dropped.map(|(_, row)| key::<E>(row)).collect();
        let now = Some(self.transaction.now());
        self.set::<E>(E::RETIRED, &Expr::value(now), &dropped).await?;
        let back = known.iter().filter(|(name, row)| names.contains(*name) && retired(row));
        let back: Vec<Id<E>> = back.map(|(_, row)| key::<E>(row)).collect();
        let never: Option<chrono::DateTime<chrono::Utc>> = None;
        self.set::<E>(E::RETIRED, &Expr::value(never), &back).await
    }

    /// Keys of items by name, also of other packs.
    pub(super) async fn named<E: Brought>(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<HashMap<String, Id<E>>> {
        let names: HashSet<String> = names.into_iter().collect();
        let names: Vec<String> = names.into_iter().collect();
        let mut found = HashMap::with_capacity(names.len());
        for chunk in names.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, Id<E>)> = self
                .find::<E>()
                .filter(E::NAME.is_in(chunk.iter().map(String::as_str)))
                .shape(|select| select.select_only().column(E::NAME).column(E::key_column()))
                .tuples()
                .await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// Makes the links of a pack those in `rows`. Links that exist by somebody else stay as they
    /// are. Of several rows for one pair the first counts.
    pub(super) async fn link<E: Linking>(
        &self,
        pack: Id<pack::Entity>,
        rows: Vec<E::ActiveModel>,
    ) -> Result<()> {
        let known = self.find::<E>().filter(E::PACK.eq(pack)).all().await?;
        let known: HashMap<(i64, i64), E::Model> =
            known.into_iter().map(|row| (ends_of::<E>(&row), row)).collect();
        let mut wanted = HashSet::with_capacity(rows.len());
        let rows = rows.into_iter().filter(|row| wanted.insert(ends_in::<E>(row)));
        let changed: Vec<E::ActiveModel> = rows
            .filter(|row| known.get(&ends_in::<E>(row)).is_none_or(|old| relinked::<E>(old, row)))
            .collect();
        let obsolete = known.iter().filter(|(ends, _)| !wanted.contains(ends));
        let obsolete: Vec<Id<E>> = obsolete.map(|(_, row)| key::<E>(row)).collect();
        self.delete::<E>(&obsolete).await?;
        if E::CONTENT.is_empty() {
            self.transaction.insert_missing(changed).await?;
        } else {
            self.transaction.upsert_many(changed, relinking::<E>(pack)).await?;
        }
        Ok(())
    }

    /// Sets a column of many rows to the same value.
    pub(super) async fn set<E: Written>(
        &self,
        column: E::Column,
        value: &Expr,
        rows: &[Id<E>],
    ) -> Result<()> {
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let change = self.transaction.change::<E>().set(column, value.clone());
            change.filter(E::key_column().is_in(chunk.iter().copied())).exec().await?;
        }
        Ok(())
    }

    /// Sets a column of many rows, each to its own value.
    pub(super) async fn set_each<E: Written>(
        &self,
        column: E::Column,
        values: Vec<(Id<E>, Value)>,
    ) -> Result<()> {
        for chunk in values.chunks(ROWS_PER_STATEMENT) {
            let case = chunk.iter().fold(CaseStatement::new(), |case, (row, value)| {
                case.case(E::key_column().eq(*row), Expr::value(value.clone()))
            });
            let rows = E::key_column().is_in(chunk.iter().map(|(row, _)| *row));
            self.transaction.change::<E>().set(column, case).filter(rows).exec().await?;
        }
        Ok(())
    }

    /// Deletes rows.
    pub(super) async fn delete<E: Written>(&self, rows: &[Id<E>]) -> Result<()> {
        for chunk in rows.chunks(ROWS_PER_STATEMENT) {
            let which = E::key_column().is_in(chunk.iter().copied());
            self.transaction.delete_where::<E>(Condition::all().add(which)).await?;
        }
        Ok(())
    }
}

/// The key of a row.
pub(super) fn key<E: Written>(row: &E::Model) -> Id<E> {
    Id::trusted(number(row.get(E::key_column())))
}

fn number(value: Value) -> i64 {
    <i64 as ValueType>::try_from(value).unwrap_or_default()
}

fn text(value: Value) -> String {
    <String as ValueType>::try_from(value).unwrap_or_default()
}

fn name_of<E: Brought>(row: &E::Model) -> String {
    text(row.get(E::NAME))
}

fn name_in<E: Brought>(row: &E::ActiveModel) -> String {
    row.get(E::NAME).into_value().map(text).unwrap_or_default()
}

fn ends_of<E: Linking>(row: &E::Model) -> (i64, i64) {
    (number(row.get(E::LEFT)), number(row.get(E::RIGHT)))
}

fn ends_in<E: Linking>(row: &E::ActiveModel) -> (i64, i64) {
    let end = |column| row.get(column).into_value().map(number).unwrap_or_default();
    (end(E::LEFT), end(E::RIGHT))
}

fn is_null(value: &Value) -> bool {
    *value == value.as_null()
}

fn outdated<E: Brought>(old: &E::Model, new: &E::ActiveModel) -> bool {
    is_null(&old.get(E::CUSTOMISED)) && differ::<E>(old, new, E::CONTENT)
}

fn relinked<E: Linking>(old: &E::Model, new: &E::ActiveModel) -> bool {
    differ::<E>(old, new, E::CONTENT)
}

/// Whether a row differs in some columns.
pub(super) fn differ<E: Written>(
    old: &E::Model,
    new: &E::ActiveModel,
    columns: &[E::Column],
) -> bool {
    columns.iter().any(|column| new.get(*column).into_value() != Some(old.get(*column)))
}

fn replacing<E: Brought>() -> OnConflict {
    let mut conflict = OnConflict::columns([E::ORGANIZATION, E::NAME]);
    conflict.update_columns(E::CONTENT.iter().copied().chain(updated_at::<E>()));
    conflict.action_and_where(E::CUSTOMISED.is_null());
    conflict
}

fn relinking<E: Linking>(pack: Id<pack::Entity>) -> OnConflict {
    let mut conflict = OnConflict::columns([E::LEFT, E::RIGHT]);
    conflict.update_columns(E::CONTENT.iter().copied().chain(updated_at::<E>()));
    conflict.action_and_where(E::PACK.eq(pack));
    conflict
}

/// The column that tells when a row was changed.
pub(super) fn updated_at<E: EntityTrait>() -> Option<E::Column> {
    "updated_at".parse().ok()
}
