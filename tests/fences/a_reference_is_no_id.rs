use entity::{Id, Ref, threat_model};

pub fn unvouched(wire: Ref<threat_model::Entity>) -> Id<threat_model::Entity> {
    wire
}

pub fn converted(wire: Ref<threat_model::Entity>) -> Id<threat_model::Entity> {
    wire.into()
}
