use domain::store::Scope;
use entity::threat_model;
use sea_orm::EntityTrait;

pub async fn around(scope: Scope<'_>) {
    let _ = threat_model::Entity::find().all(&scope).await;
}

pub fn opened(scope: Scope<'_>) {
    let _ = scope.executor();
}

pub fn taken(scope: Scope<'_>) {
    let _ = scope.connection;
}
