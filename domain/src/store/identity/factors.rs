//! Second factors and the recovery codes that go with them.

use entity::{Id, recovery_code, second_factor, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
    sea_query::Expr,
};

use super::{Identity, IdentityChanges};
use crate::Result;

/// An account with its second factor, begun or enabled, if it has one.
pub type Account = (user::Model, Option<second_factor::Model>);

impl Identity<'_> {
    /// An account by the normalised address, in one statement.
    pub async fn account_at(self, email_key: &str) -> Result<Option<Account>> {
        let found = user::Entity::find().filter(user::Column::EmailKey.eq(email_key));
        Ok(found.find_also_related(second_factor::Entity).one(&self.store.crossing).await?)
    }

    /// An account by key, in one statement.
    pub async fn account(self, id: Id<user::Entity>) -> Result<Option<Account>> {
        let found = user::Entity::find().filter(user::Column::Id.eq(id));
        Ok(found.find_also_related(second_factor::Entity).one(&self.store.crossing).await?)
    }

    /// How many recovery codes of a second factor were not used yet.
    pub async fn recovery_codes_left(self, factor: Id<second_factor::Entity>) -> Result<u64> {
        let left =
            recovery_code::Entity::find().filter(recovery_code::Column::SecondFactorId.eq(factor));
        Ok(left.count(&self.store.crossing).await?)
    }
}

impl IdentityChanges<'_> {
    /// Begins a second factor in the place of one that was begun and not enabled.
    pub async fn begin_factor(
        &self,
        user: Id<user::Entity>,
        secret_encrypted: String,
    ) -> Result<()> {
        use second_factor::{ActiveModel, Column, Entity};
        let replaced = Entity::delete_many()
            .filter(Column::UserId.eq(user))
            .filter(Column::EnabledAt.is_null())
            .exec(&self.connection)
            .await?;
        let row = ActiveModel {
            user_id: Set(user),
            secret_encrypted: Set(secret_encrypted),
            enabled_at: Set(None),
            last_step: Set(0),
            created_at: Set(self.now()),
            ..Default::default()
        };
        let factor = row.insert(&self.connection).await?;
        self.concerns(user);
        self.journal().row_added::<Entity>(None, &factor);
        self.journal().number_removed::<Entity>(None, replaced.rows_affected);
        Ok(())
    }

    /// Enables a second factor that was begun. Returns whether it still was.
    pub async fn enable_factor(&self, factor: &second_factor::Model, step: i64) -> Result<bool> {
        use second_factor::{Column, Entity};
        let enabled = Entity::update_many()
            .col_expr(Column::EnabledAt, Expr::value(self.now()))
            .col_expr(Column::LastStep, Expr::value(step))
            .filter(Column::Id.eq(factor.id))
            .filter(Column::EnabledAt.is_null())
            .exec(&self.connection)
            .await?;
        self.concerns(factor.user_id);
        let key = Some(factor.id.to_string());
        self.journal().number_changed::<Entity>(None, key, enabled.rows_affected);
        Ok(enabled.rows_affected == 1)
    }

    /// Notes the step of a code that is used, and the secret as it is encrypted now. Of two who
    /// use one code at the same time, one succeeds.
    pub async fn spend_step(
        &self,
        factor: &second_factor::Model,
        step: i64,
        secret_encrypted: String,
    ) -> Result<bool> {
        use second_factor::{Column, Entity};
        let spent = Entity::update_many()
            .col_expr(Column::LastStep, Expr::value(step))
            .col_expr(Column::SecretEncrypted, Expr::value(secret_encrypted))
            .filter(Column::Id.eq(factor.id))
            .filter(Column::EnabledAt.is_not_null())
            .filter(Column::LastStep.lt(step))
            .exec(&self.connection)
            .await?;
        self.concerns(factor.user_id);
        let key = Some(factor.id.to_string());
        self.journal().number_changed::<Entity>(None, key, spent.rows_affected);
        Ok(spent.rows_affected == 1)
    }

    /// Uses up a recovery code. Of two who use one code at the same time, one succeeds.
    pub async fn spend_recovery_code(
        &self,
        factor: &second_factor::Model,
        code_hash: &str,
    ) -> Result<bool> {
        use recovery_code::{Column, Entity};
        let spent = Entity::delete_many()
            .filter(Column::SecondFactorId.eq(factor.id))
            .filter(Column::CodeHash.eq(code_hash))
            .exec(&self.connection)
            .await?;
        self.concerns(factor.user_id);
        self.journal().number_removed::<Entity>(None, spent.rows_affected);
        Ok(spent.rows_affected == 1)
    }

    /// Keeps the hashes of new recovery codes in the place of all older ones.
    pub async fn replace_recovery_codes(
        &self,
        factor: &second_factor::Model,
        hashes: Vec<String>,
    ) -> Result<()> {
        use recovery_code::{ActiveModel, Column, Entity};
        let replaced = Entity::delete_many().filter(Column::SecondFactorId.eq(factor.id));
        let replaced = replaced.exec(&self.connection).await?.rows_affected;
        let (number, now) = (hashes.len() as u64, self.now());
        let rows = hashes.into_iter().map(|code_hash| ActiveModel {
            second_factor_id: Set(factor.id),
            code_hash: Set(code_hash),
            created_at: Set(now),
            ..Default::default()
        });
        Entity::insert_many(rows).exec_without_returning(&self.connection).await?;
        self.concerns(factor.user_id);
        self.journal().number_removed::<Entity>(None, replaced);
        self.journal().number_added::<Entity>(None, None, number);
        Ok(())
    }

    /// Removes the second factor of a user with its recovery codes. Returns whether there was one.
    pub async fn remove_factor(&self, user: Id<user::Entity>) -> Result<bool> {
        use second_factor::{Column, Entity};
        let removed = Entity::delete_many().filter(Column::UserId.eq(user));
        let removed = removed.exec(&self.connection).await?.rows_affected;
        self.concerns(user);
        self.journal().number_removed::<Entity>(None, removed);
        Ok(removed > 0)
    }
}
