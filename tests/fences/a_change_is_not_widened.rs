use domain::store::Change;
use entity::threat_model;
use sea_orm::sea_query::Condition;

pub fn widened(change: &mut Change<'_, '_, threat_model::Entity>) {
    change.which = Condition::all();
}
