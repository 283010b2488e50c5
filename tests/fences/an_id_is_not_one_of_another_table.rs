use entity::{Id, component, threat_model};

pub fn mistaken(component: Id<component::Entity>) -> Id<threat_model::Entity> {
    component
}
