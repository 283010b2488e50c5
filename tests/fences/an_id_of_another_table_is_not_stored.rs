use entity::{Id, component, diagram};
use sea_orm::ActiveValue::Set;

pub fn row(component: Id<component::Entity>) -> diagram::ActiveModel {
    diagram::ActiveModel { threat_model_id: Set(component), ..Default::default() }
}
