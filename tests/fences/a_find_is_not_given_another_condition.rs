use domain::store::Find;
use entity::threat_model;
use sea_orm::EntityTrait;

pub fn widened<'c>(find: Find<'c, threat_model::Entity>) -> Find<'c, threat_model::Entity> {
    Find { select: threat_model::Entity::find(), ..find }
}
