use domain::{Error, store::Transaction};
use entity::{session, user};
use sea_orm::sea_query::Condition;

pub async fn disable_everybody(changes: &Transaction<'_>) -> Result<u64, Error> {
    changes.change::<user::Entity>().set(user::Column::IsActive, false).exec().await
}

pub async fn sign_everybody_out(changes: &Transaction<'_>) -> Result<u64, Error> {
    changes.delete_where::<session::Entity>(Condition::all()).await
}

pub async fn add(changes: &Transaction<'_>, row: user::ActiveModel) {
    let _ = changes.insert(row).await;
}
