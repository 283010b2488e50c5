//! What only the operator of an installation may do, in all organizations.

use std::sync::Arc;

use entity::organization::{self, Column, Entity};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use super::{
    Store,
    audit::{self, Journal},
};
use crate::{Error, Result, audit::Occasion};

/// The installation as its operator sees it.
#[derive(Clone, Copy)]
pub struct Administration<'s> {
    store: &'s Store,
}

impl Store {
    /// The installation, for its operator.
    pub const fn administration(&self) -> Administration<'_> {
        Administration { store: self }
    }
}

impl Administration<'_> {
    /// Makes an organization the one that people join who register with `SIGNUP=primary`, instead
    /// of the one that was it before.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no organization with this key.
    pub async fn make_primary(self, key: i64) -> Result<organization::Model> {
        let changes = self.store.begin().await?;
        let primary =
            |value: bool| Entity::update_many().col_expr(Column::IsPrimary, Expr::value(value));
        primary(false)
            .filter(Column::IsPrimary.eq(true))
            .filter(Column::Id.ne(key))
            .exec(&changes)
            .await?;
        let made = primary(true).filter(Column::Id.eq(key)).exec_with_returning(&changes).await?;
        let made = made.into_iter().next().ok_or(Error::NotFound)?;
        let mut journal = Journal::default();
        journal.changed::<Entity>(&[], std::slice::from_ref(&made));
        let occasion = Arc::new(Occasion::of("command:primary-organization"));
        let (now, vault) = (self.store.clock.now(), &self.store.vault);
        occasion.of_work(audit::write(&changes, now, vault, None, journal)).await?;
        changes.commit().await?;
        Ok(made)
    }
}
