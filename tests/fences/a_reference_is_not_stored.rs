use entity::{Ref, diagram, threat_model};
use sea_orm::{ActiveValue::Set, IntoActiveValue as _};

pub fn row(wire: Ref<threat_model::Entity>) -> diagram::ActiveModel {
    diagram::ActiveModel { threat_model_id: Set(wire), ..Default::default() }
}

pub fn value(wire: Ref<threat_model::Entity>) -> diagram::ActiveModel {
    diagram::ActiveModel { threat_model_id: wire.into_active_value(), ..Default::default() }
}
