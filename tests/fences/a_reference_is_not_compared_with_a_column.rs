use entity::{Ref, diagram, threat_model};
use sea_orm::{ColumnTrait, sea_query::SimpleExpr};

pub fn condition(wire: Ref<threat_model::Entity>) -> SimpleExpr {
    diagram::Column::ThreatModelId.eq(wire)
}

pub fn conditions(wires: Vec<Ref<threat_model::Entity>>) -> SimpleExpr {
    diagram::Column::ThreatModelId.is_in(wires)
}
