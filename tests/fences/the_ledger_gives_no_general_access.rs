use domain::store::Ledger;
use entity::{job, threat_model};
use sea_orm::EntityTrait;

pub async fn asked(ledger: Ledger<'_>) {
    let _ = ledger.find::<threat_model::Entity>();
}

pub async fn around(ledger: Ledger<'_>) {
    let _ = job::Entity::find().all(&ledger).await;
}

pub fn taken(ledger: Ledger<'_>) {
    let _ = ledger.connection;
}
