use domain::store::{Find, Rows};
use entity::threat_model;
use sea_orm::EntityTrait;

pub async fn around(find: Find<'_, threat_model::Entity>) {
    let _ = threat_model::Entity::find().all(&find).await;
}

pub fn opened(find: Find<'_, threat_model::Entity>) {
    let _ = (find.scope, find.select);
}

pub fn widened(rows: &mut Rows<'_>) {
    rows.statement = threat_model::Entity::find().into();
}
