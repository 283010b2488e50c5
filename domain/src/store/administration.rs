//! What only the operator of an installation may do, in all organizations.

use std::sync::Arc;

use entity::{
    organization::{self, Column, Entity},
    user,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, sea_query::Expr};

use super::{
    Store,
    audit::{self, Journal},
};
use crate::{
    Error, Result,
    account::address,
    audit::Occasion,
    job::mail::{FactorChange, SendSecondFactorChanged},
};

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

    /// Removes the second factor of the account with an address, for an owner who lost the device
    /// and the recovery codes. Ends all sessions of the account and has the owner told.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such account, or it has no second factor.
    pub async fn remove_second_factor(self, email: &str) -> Result<user::Model> {
        let occasion = Arc::new(Occasion::of("command:remove-second-factor"));
        let removal = async {
            let changes = self.store.identity().begin().await?;
            let user = changes.user_at(&address::key(email)).await?.ok_or(Error::NotFound)?;
            if !changes.remove_factor(user.id).await? {
                return Err(Error::NotFound);
            }
            changes.end_sessions(user.id, None).await?;
            let mail = SendSecondFactorChanged::new(user.id, FactorChange::RemovedByOperator);
            changes.enqueue(&mail).await?;
            changes.commit().await?;
            Ok(user)
        };
        occasion.of_work(removal).await
    }
}
