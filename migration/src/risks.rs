//! Risks and the threats they are made of.

use crate::{
    step::Column,
    table::{Delete, Table},
};

const RISK_LEVEL: &[&str] = &["low", "medium", "high", "critical"];

/// How scores came about, kept with them.
pub(crate) fn scoring_results() -> Vec<Column> {
    vec![Column::new("risk", "scoring_result", |column| column.text())]
}

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![risk(), risk_component_threat(), risk_flow_threat()]
}

fn risk() -> Table {
    Table::numbered("risk")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("name")
        .text_or("description", "")
        .json_or("scoring_metadata", "{}")
        .integer("inherent_score")
        .within("inherent_score", 0, 100)
        .choice("inherent_level", RISK_LEVEL)
        .optional_integer("residual_score")
        .within("residual_score", 0, 100)
        .choice("residual_level", RISK_LEVEL)
        .optional_reference("owner_id", "user", Delete::SetNull)
        .optional_reference("assigned_to_id", "user", Delete::SetNull)
        .json_or("format_metadata", "{}")
        .timestamps()
        .unique(&["threat_model_id", "name"])
        .index(&["threat_model_id", "inherent_score"])
        .index(&["threat_model_id", "residual_score"])
        .index(&["threat_model_id", "created_at"])
        .index(&["threat_model_id", "inherent_level"])
        .index(&["threat_model_id", "residual_level"])
}

fn risk_component_threat() -> Table {
    Table::numbered("risk_component_threat")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("risk_id", "risk", Delete::Cascade)
        .reference("component_threat_id", "component_threat", Delete::Cascade)
        .moment("created_at")
        .unique(&["risk_id", "component_threat_id"])
}

fn risk_flow_threat() -> Table {
    Table::numbered("risk_flow_threat")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("risk_id", "risk", Delete::Cascade)
        .reference("flow_threat_id", "flow_threat", Delete::Cascade)
        .moment("created_at")
        .unique(&["risk_id", "flow_threat_id"])
}
