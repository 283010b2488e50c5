use domain::Store;
use entity::threat_model;
use sea_orm::EntityTrait;

pub async fn around(store: &Store) {
    let _ = threat_model::Entity::find().all(store).await;
}

pub fn taken(store: Store) {
    let _ = store.crossing;
}

pub async fn begun(store: &Store) {
    let _ = store.begin().await;
}
