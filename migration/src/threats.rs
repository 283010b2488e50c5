//! Threats, countermeasures and how they are verified.

use crate::table::{Delete, Table};

const SEVERITY: &[&str] = &["low", "medium", "high", "critical"];
const THREAT_STATUS: &[&str] = &["exposed", "addressable", "mitigated"];
const COUNTERMEASURE_STATUS: &[&str] = &["gap", "planned", "verified", "waived", "platform"];
const SUFFICIENCY: &[&str] = &["full", "partial"];
const VERIFICATION_METHOD: &[&str] = &["pentest", "auto", "code_review"];
const RECONCILIATION_STATUS: &[&str] = &["matched", "unpredicted", "false_positive"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![
        component_threat(),
        flow_threat(),
        component_countermeasure(),
        flow_countermeasure(),
        component_countermeasure_standard(),
        flow_countermeasure_standard(),
        verification_test(),
        verification_test_countermeasure(),
        pentest_finding(),
    ]
}

fn component_threat() -> Table {
    Table::numbered("component_threat")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("component_id", "component", Delete::Cascade)
        .optional_reference("threat_library_id", "threat_library", Delete::SetNull)
        .text_or("threat_name", "")
        .text_or("threat_description", "")
        .json_or("taxonomy_snapshot", "[]")
        .choice("inherent_severity", SEVERITY)
        .text_or("residual_severity", "")
        .choice_or("status", THREAT_STATUS, "exposed")
        .json_or("severity_scoring_metadata", "{}")
        .flag("is_dismissed", false)
        .text_or("dismissal_reason", "")
        .json_or("format_metadata", "{}")
        .integer_or("display_order", 0)
        .at_least("display_order", 0)
        .text_or("impact_description", "")
        .optional_reference("threat_actor_id", "component", Delete::SetNull)
        .text_or("threat_actor_text", "")
        .timestamps()
        .check("residual_severity IN ('', 'low', 'medium', 'high', 'critical')")
        .unique(&["component_id", "threat_library_id"])
        .index(&["organization_id", "inherent_severity"])
        .index(&["organization_id", "status"])
        .index(&["organization_id", "created_at"])
        .index(&["threat_model_id", "status"])
}

fn flow_threat() -> Table {
    Table::numbered("flow_threat")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("data_flow_id", "data_flow", Delete::Cascade)
        .optional_reference("threat_library_id", "threat_library", Delete::SetNull)
        .text_or("threat_name", "")
        .text_or("threat_description", "")
        .json_or("taxonomy_snapshot", "[]")
        .choice("inherent_severity", SEVERITY)
        .text_or("residual_severity", "")
        .choice_or("status", THREAT_STATUS, "exposed")
        .json_or("severity_scoring_metadata", "{}")
        .flag("is_dismissed", false)
        .text_or("dismissal_reason", "")
        .json_or("format_metadata", "{}")
        .integer_or("display_order", 0)
        .at_least("display_order", 0)
        .text_or("impact_description", "")
        .optional_reference("threat_actor_id", "component", Delete::SetNull)
        .text_or("threat_actor_text", "")
        .timestamps()
        .check("residual_severity IN ('', 'low', 'medium', 'high', 'critical')")
        .unique(&["data_flow_id", "threat_library_id"])
        .index(&["organization_id", "inherent_severity"])
        .index(&["organization_id", "status"])
        .index(&["organization_id", "created_at"])
        .index(&["threat_model_id", "status"])
}

fn component_countermeasure() -> Table {
    Table::numbered("component_countermeasure")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("instance_threat_id", "component_threat", Delete::Cascade)
        .optional_reference("countermeasure_library_id", "countermeasure_library", Delete::SetNull)
        .text_or("countermeasure_name", "")
        .text_or("countermeasure_description", "")
        .text_or("control_type", "")
        .optional_number("effectiveness")
        .within("effectiveness", 0, 1)
        .choice_or("status", COUNTERMEASURE_STATUS, "gap")
        .text_or("priority", "none")
        .optional_reference("verified_by_id", "user", Delete::SetNull)
        .text_or("evidence_url", "")
        .flag("required_for_release", false)
        .optional_reference("assigned_owner_id", "user", Delete::SetNull)
        .json_or("format_metadata", "{}")
        .integer_or("display_order", 0)
        .at_least("display_order", 0)
        .flag("is_inherited", false)
        .text_or("inherited_from_component_name", "")
        .text_or("inherited_from_zone_name", "")
        .timestamps()
        .unique(&["instance_threat_id", "countermeasure_library_id"])
        .index(&["instance_threat_id", "display_order", "created_at"])
        .index(&["organization_id", "status"])
        .index(&["organization_id", "required_for_release"])
        .index(&["threat_model_id", "status"])
}

fn flow_countermeasure() -> Table {
    Table::numbered("flow_countermeasure")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("flow_threat_id", "flow_threat", Delete::Cascade)
        .optional_reference("countermeasure_library_id", "countermeasure_library", Delete::SetNull)
        .text_or("countermeasure_name", "")
        .text_or("countermeasure_description", "")
        .text_or("control_type", "")
        .optional_number("effectiveness")
        .within("effectiveness", 0, 1)
        .choice_or("status", COUNTERMEASURE_STATUS, "gap")
        .text_or("priority", "none")
        .optional_reference("verified_by_id", "user", Delete::SetNull)
        .text_or("evidence_url", "")
        .flag("required_for_release", false)
        .optional_reference("assigned_owner_id", "user", Delete::SetNull)
        .json_or("format_metadata", "{}")
        .integer_or("display_order", 0)
        .at_least("display_order", 0)
        .flag("is_inherited", false)
        .text_or("inherited_from_component_name", "")
        .text_or("inherited_from_zone_name", "")
        .timestamps()
        .unique(&["flow_threat_id", "countermeasure_library_id"])
        .index(&["flow_threat_id", "display_order", "created_at"])
        .index(&["organization_id", "status"])
        .index(&["organization_id", "required_for_release"])
        .index(&["threat_model_id", "status"])
}

fn component_countermeasure_standard() -> Table {
    Table::numbered("component_countermeasure_standard")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("component_countermeasure_id", "component_countermeasure", Delete::Cascade)
        .optional_reference("requirement_id", "requirement", Delete::SetNull)
        .choice_or("sufficiency", SUFFICIENCY, "partial")
        .text_or("section_code", "")
        .text_or("framework_name", "")
        .text_or("requirement_description", "")
        .timestamps()
        .unique(&["component_countermeasure_id", "requirement_id"])
        .index(&["organization_id", "sufficiency"])
}

fn flow_countermeasure_standard() -> Table {
    Table::numbered("flow_countermeasure_standard")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("flow_countermeasure_id", "flow_countermeasure", Delete::Cascade)
        .optional_reference("requirement_id", "requirement", Delete::SetNull)
        .choice_or("sufficiency", SUFFICIENCY, "partial")
        .text_or("section_code", "")
        .text_or("framework_name", "")
        .text_or("requirement_description", "")
        .timestamps()
        .unique(&["flow_countermeasure_id", "requirement_id"])
        .index(&["organization_id", "sufficiency"])
}

fn verification_test() -> Table {
    Table::numbered("verification_test")
        .reference("organization_id", "organization", Delete::Cascade)
        .text("name")
        .choice("method", VERIFICATION_METHOD)
        .optional_moment("last_run_at")
        .flag("passed", false)
        .text_or("evidence", "")
        .optional_reference("created_by_id", "user", Delete::SetNull)
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["organization_id", "method"])
        .index(&["organization_id", "passed"])
}

fn verification_test_countermeasure() -> Table {
    Table::numbered("verification_test_countermeasure")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("verification_test_id", "verification_test", Delete::Cascade)
        .optional_reference(
            "component_countermeasure_id",
            "component_countermeasure",
            Delete::Cascade,
        )
        .optional_reference("flow_countermeasure_id", "flow_countermeasure", Delete::Cascade)
        .moment("created_at")
        .check("(component_countermeasure_id IS NULL) <> (flow_countermeasure_id IS NULL)")
        .unique(&["verification_test_id", "component_countermeasure_id"])
        .unique(&["verification_test_id", "flow_countermeasure_id"])
}

fn pentest_finding() -> Table {
    Table::numbered("pentest_finding")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("finding_description")
        .text("severity")
        .optional_reference("matched_threat_library_id", "threat_library", Delete::SetNull)
        .optional_reference(
            "matched_component_countermeasure_id",
            "component_countermeasure",
            Delete::SetNull,
        )
        .optional_reference(
            "matched_flow_countermeasure_id",
            "flow_countermeasure",
            Delete::SetNull,
        )
        .choice_or("reconciliation_status", RECONCILIATION_STATUS, "unpredicted")
        .timestamps()
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "severity"])
        .index(&["organization_id", "reconciliation_status"])
        .index(&["threat_model_id", "created_at"])
}
