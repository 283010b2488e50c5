use domain::store::{Find, Scope};
use entity::threat_model;
use sea_orm::{Condition, EntityTrait};

pub fn made(scope: Scope<'_>) -> Find<'_, threat_model::Entity> {
    Find::new(scope, threat_model::Entity::find(), Condition::all())
}
