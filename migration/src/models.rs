//! Threat models, diagrams and what they show.

use crate::table::{Delete, Table};

const CRITICALITY: &[&str] = &["low", "medium", "high", "critical"];
const LIFECYCLE_STATE: &[&str] = &["development", "production", "decommissioned"];
const DIAGRAM_TYPE: &[&str] = &["context", "level1", "level2"];
const SCORING_METHOD: &[&str] = &["tm_library", "fair", "owasp_rr", "mozilla_rra", "custom"];
const SOURCE_TYPE: &[&str] = &["github", "cspm", "terraform", "sbom", "manual"];
const INTEGRATION_STATUS: &[&str] = &["active", "inactive", "error"];
const IMPACT_LEVEL: &[&str] = &["low", "medium", "high"];
const DATA_STATE: &[&str] = &["at_rest", "processed"];
const PROTECTION_METHOD: &[&str] = &["encrypted", "masked", "tokenized", "hashed", "none"];
const RELATION_TYPE: &[&str] = &["related_to", "depends_on"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![
        threat_model(),
        threat_model_pack(),
        threat_model_framework(),
        threat_model_relation(),
        orgsystem(),
        threat_model_system(),
        integration_source(),
        reference_image(),
        out_of_scope_item(),
        diagram(),
        trust_zone(),
        trust_boundary(),
        component(),
        data_asset(),
        data_flow(),
        component_data_asset(),
        data_flow_asset(),
    ]
}

fn threat_model() -> Table {
    Table::numbered("threat_model")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("owning_team_id", "team", Delete::NoAction)
        .text("name")
        .text_or("description", "")
        .choice_or("criticality", CRITICALITY, "medium")
        .optional_reference("created_by_id", "user", Delete::SetNull)
        .json_or("workspace_data", "{}")
        .json_or("assumptions", "[]")
        .json_or("format_metadata", "{}")
        .flag("scope_locked", false)
        .optional_moment("scope_locked_at")
        .choice_or("risk_scoring_method", SCORING_METHOD, "tm_library")
        .timestamps()
        .index(&["organization_id", "updated_at"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
}

fn threat_model_pack() -> Table {
    Table::numbered("threat_model_pack")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("pack_id", "pack", Delete::Cascade)
        .moment("created_at")
        .unique(&["threat_model_id", "pack_id"])
}

fn threat_model_framework() -> Table {
    Table::numbered("threat_model_framework")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("framework_id", "framework", Delete::Cascade)
        .moment("created_at")
        .unique(&["threat_model_id", "framework_id"])
}

fn threat_model_relation() -> Table {
    Table::numbered("threat_model_relation")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("target_model_id", "threat_model", Delete::Cascade)
        .choice_or("relation_type", RELATION_TYPE, "related_to")
        .moment("created_at")
        .unique(&["threat_model_id", "target_model_id", "relation_type"])
}

fn orgsystem() -> Table {
    Table::numbered("orgsystem")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("team_id", "team", Delete::SetNull)
        .optional_reference("created_by_id", "user", Delete::SetNull)
        .text("name")
        .text_or("description", "")
        .text_or("owner", "")
        .choice_or("criticality", CRITICALITY, "medium")
        .choice_or("lifecycle_state", LIFECYCLE_STATE, "development")
        .json_or("format_metadata", "{}")
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "criticality"])
        .index(&["organization_id", "lifecycle_state"])
}

fn threat_model_system() -> Table {
    Table::numbered("threat_model_system")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("orgsystem_id", "orgsystem", Delete::Cascade)
        .moment("created_at")
        .unique(&["threat_model_id", "orgsystem_id"])
}

fn integration_source() -> Table {
    Table::numbered("integration_source")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("orgsystem_id", "orgsystem", Delete::Cascade)
        .text("name")
        .choice("source_type", SOURCE_TYPE)
        .text("connection_details_encrypted")
        .choice_or("status", INTEGRATION_STATUS, "active")
        .optional_moment("last_sync_at")
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["organization_id", "source_type"])
        .index(&["organization_id", "status"])
}

fn reference_image() -> Table {
    Table::numbered("reference_image")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("storage_key")
        .text("content_type")
        .big_integer("byte_size")
        .at_least("byte_size", 0)
        .integer("width")
        .at_least("width", 0)
        .integer("height")
        .at_least("height", 0)
        .text("filename")
        .text_or("description", "")
        .integer_or("display_order", 0)
        .at_least("display_order", 0)
        .optional_reference("uploaded_by_id", "user", Delete::SetNull)
        .moment("created_at")
        .unique(&["storage_key"])
        .index(&["threat_model_id", "display_order", "created_at"])
}

fn out_of_scope_item() -> Table {
    Table::numbered("out_of_scope_item")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("name")
        .text_or("reason", "")
        .timestamps()
        .index(&["threat_model_id", "name"])
}

fn diagram() -> Table {
    Table::numbered("diagram")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("name")
        .choice_or("diagram_type", DIAGRAM_TYPE, "level1")
        .flag("is_primary", false)
        .json_or("canvas_data", "{}")
        .optional_reference("template_library_id", "dfd_template", Delete::SetNull)
        .optional_reference("updated_by_id", "user", Delete::SetNull)
        .timestamps()
        .unique_where(&["threat_model_id"], "is_primary")
        .index(&["organization_id", "updated_at"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "diagram_type"])
        .index(&["threat_model_id", "created_at"])
}

fn trust_zone() -> Table {
    Table::numbered("trust_zone")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::SetNull)
        .text("name")
        .integer_or("trust_level", 50)
        .within("trust_level", 0, 100)
        .text_or("description", "")
        .json_or("format_metadata", "{}")
        .optional_reference("parent_id", "trust_zone", Delete::Cascade)
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["threat_model_id", "name"])
}

fn trust_boundary() -> Table {
    Table::numbered("trust_boundary")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::SetNull)
        .reference("zone_a_id", "trust_zone", Delete::Cascade)
        .reference("zone_b_id", "trust_zone", Delete::Cascade)
        .text_or("label", "")
        .text_or("description", "")
        .text_or("edge_id", "")
        .json_or("format_metadata", "{}")
        .timestamps()
        .unique(&["zone_a_id", "zone_b_id"])
        .index(&["organization_id", "zone_a_id", "zone_b_id"])
}

fn component() -> Table {
    Table::numbered("component")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .optional_reference("orgsystem_id", "orgsystem", Delete::SetNull)
        .optional_reference("component_library_id", "component_library", Delete::SetNull)
        .optional_reference("trust_zone_id", "trust_zone", Delete::SetNull)
        .optional_reference("source_integration_id", "integration_source", Delete::SetNull)
        .optional_reference("parent_component_id", "component", Delete::SetNull)
        .text("name")
        .text_or("description", "")
        .text_or("category", "")
        .text_or("actor_type", "")
        .text_or("data_store_type", "")
        .text_or("data_sensitivity_level", "")
        .json_or("format_metadata", "{}")
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["threat_model_id", "name"])
}

fn data_asset() -> Table {
    Table::numbered("data_asset")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("name")
        .text_or("description", "")
        .text("classification")
        .choice_or("confidentiality", IMPACT_LEVEL, "medium")
        .choice_or("integrity", IMPACT_LEVEL, "medium")
        .choice_or("availability", IMPACT_LEVEL, "medium")
        .json_or("compliance_tags", "[]")
        .json_or("data_sensitivity", "[]")
        .json_or("format_metadata", "{}")
        .timestamps()
        .index(&["organization_id", "name"])
        .index(&["threat_model_id", "name"])
        .index(&["organization_id", "classification"])
        .index(&["organization_id", "confidentiality"])
}

fn data_flow() -> Table {
    Table::numbered("data_flow")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("source_component_id", "component", Delete::Cascade)
        .reference("dest_component_id", "component", Delete::Cascade)
        .text_or("label", "")
        .text_or("description", "")
        .text_or("edge_id", "")
        .text_or("protocol", "")
        .optional_integer("port")
        .flag("encrypted", false)
        .flag("authenticated", false)
        .flag("crosses_trust_zone", false)
        .flag("has_sensitive_data", false)
        .json_or("data_classification", "[]")
        .json_or("format_metadata", "{}")
        .timestamps()
        .index(&["organization_id", "source_component_id", "dest_component_id"])
        .index(&["organization_id", "protocol"])
        .index(&["organization_id", "crosses_trust_zone"])
}

fn component_data_asset() -> Table {
    Table::numbered("component_data_asset")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("component_id", "component", Delete::Cascade)
        .reference("data_asset_id", "data_asset", Delete::Cascade)
        .choice_or("data_state", DATA_STATE, "processed")
        .text_or("volume", "")
        .flag("encrypted", false)
        .timestamps()
        .unique(&["component_id", "data_asset_id"])
}

fn data_flow_asset() -> Table {
    Table::numbered("data_flow_asset")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("threat_model_id", "threat_model", Delete::Cascade)
        .reference("data_flow_id", "data_flow", Delete::Cascade)
        .reference("data_asset_id", "data_asset", Delete::Cascade)
        .choice_or("protection_method", PROTECTION_METHOD, "none")
        .text_or("encryption_type", "")
        .text_or("format", "")
        .text_or("sensitivity_override", "")
        .timestamps()
        .unique(&["data_flow_id", "data_asset_id"])
}
