use domain::store::Transaction;
use entity::threat_model;
use sea_orm::EntityTrait;

pub async fn around(changes: &Transaction<'_>) {
    let _ = threat_model::Entity::delete_many().exec(changes).await;
}

pub fn opened(changes: &Transaction<'_>) {
    let _ = changes.connection();
}

pub fn taken(changes: Transaction<'_>) {
    let _ = changes.connection;
}
