//! The ways that are open, so that the other cases fail for what they are about.

use api::extract::Allowed;
use domain::{Error, Store, permission::ReadModels};
use entity::{Actor, Id, Ref, component, diagram, threat_model};
use sea_orm::{ActiveValue::Set, ColumnTrait};

pub fn claim(text: &str) -> Ref<threat_model::Entity> {
    serde_json::from_str(text).unwrap()
}

pub async fn read(
    store: &Store,
    actor: &Actor,
    wire: Ref<threat_model::Entity>,
) -> Result<Vec<component::Model>, Error> {
    let scope = store.read(actor);
    let model: Id<threat_model::Entity> = scope.known(wire).await?;
    scope.find::<component::Entity>().filter(component::Column::ThreatModelId.eq(model)).all().await
}

pub async fn write(
    store: &Store,
    actor: &Actor,
    model: Id<threat_model::Entity>,
) -> Result<(), Error> {
    let changes = store.write(actor).await?;
    let row = diagram::ActiveModel { threat_model_id: Set(model), ..Default::default() };
    changes.insert(row).await?;
    changes.commit().await
}

pub fn asked_by(caller: &Allowed<ReadModels>) -> &Actor {
    caller
}
