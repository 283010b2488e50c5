use domain::store::{Identity, IdentityChanges};
use entity::{session, threat_model};
use sea_orm::EntityTrait;

pub async fn asked(identity: Identity<'_>) {
    let _ = identity.find::<threat_model::Entity>();
}

pub async fn around(identity: Identity<'_>, changes: &IdentityChanges<'_>) {
    let _ = session::Entity::find().all(&identity).await;
    let _ = session::Entity::delete_many().exec(changes).await;
}

pub fn taken(identity: Identity<'_>, changes: IdentityChanges<'_>) {
    let _ = (identity.store, changes.connection);
}
