use domain::store::Change;
use entity::threat_model;
use sea_orm::sea_query::Condition;

pub fn widened<'t>(
    change: Change<'t, 't, threat_model::Entity>,
) -> Change<'t, 't, threat_model::Entity> {
    Change { which: Condition::all(), ..change }
}
