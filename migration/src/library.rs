//! Packs and what they bring.

use crate::table::{Delete, Table};

const DIAGRAM_TYPE: &[&str] = &["context", "level1", "level2"];
const CONTROL_COST: &[&str] = &["low", "medium", "high"];
const DEFAULT_STATUS: &[&str] = &["gap", "platform"];
const SUFFICIENCY: &[&str] = &["full", "partial"];
const PACK_TYPE: &[&str] =
    &["technology", "threat", "countermeasure", "compliance", "template", "full", "taxonomy"];
const PACK_TIER: &[&str] = &["free", "premium", "enterprise"];
const PACK_SOURCE: &[&str] = &["official", "partner", "community", "private"];
const OVERLAY_KIND: &[&str] = &["framework", "requirement"];
const COMPONENT_CATEGORY: &[&str] =
    &["process", "datastore", "external", "human_actor", "system_actor"];
const APPLIES_TO: &[&str] = &["component", "flow", "both"];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![
        pack(),
        pack_dependency(),
        pending_overlay(),
        component_library(),
        threat_library(),
        countermeasure_library(),
        component_library_threat(),
        threat_library_countermeasure(),
        taxonomy(),
        taxonomy_entry(),
        threat_library_taxonomy_entry(),
        framework(),
        requirement(),
        countermeasure_standard(),
        requirement_mapping(),
        dfd_template(),
    ]
}

fn pack() -> Table {
    Table::numbered("pack")
        .reference("organization_id", "organization", Delete::Cascade)
        .text("slug")
        .text("name")
        .text_or("description", "")
        .text("version")
        .choice("pack_type", PACK_TYPE)
        .choice_or("tier", PACK_TIER, "free")
        .choice_or("source", PACK_SOURCE, "community")
        .text_or("author", "")
        .text_or("repository_url", "")
        .text_or("documentation_url", "")
        .text_or("icon_url", "")
        .json_or("industries", "[]")
        .json_or("tags", "[]")
        .integer_or("install_count", 0)
        .at_least("install_count", 0)
        .flag("is_published", false)
        .optional_moment("published_at")
        .text_or("content_hash", "")
        .text_or("relative_path", "")
        .optional_moment("imported_at")
        .timestamps()
        .unique(&["organization_id", "slug"])
        .index(&["organization_id", "install_count", "name"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "published_at"])
        .index(&["organization_id", "pack_type"])
        .index(&["organization_id", "tier"])
        .index(&["organization_id", "source"])
}

fn pack_dependency() -> Table {
    Table::numbered("pack_dependency")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("pack_id", "pack", Delete::Cascade)
        .text("depends_on_slug")
        .optional_reference("depends_on_pack_id", "pack", Delete::SetNull)
        .text_or("version_constraint", "")
        .flag("is_optional", false)
        .timestamps()
        .unique(&["pack_id", "depends_on_slug"])
        .index(&["organization_id", "depends_on_slug"])
}

fn pending_overlay() -> Table {
    Table::numbered("pending_overlay")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("pack_id", "pack", Delete::Cascade)
        .choice("kind", OVERLAY_KIND)
        .text_or("source_framework_slug", "")
        .text("framework_slug")
        .json_or("mappings", "[]")
        .timestamps()
        .unique(&["pack_id", "kind", "source_framework_slug", "framework_slug"])
        .index(&["organization_id", "framework_slug"])
        .index(&["organization_id", "source_framework_slug"])
}

fn component_library() -> Table {
    Table::numbered("component_library")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text_or("slug", "")
        .optional_text("qualified_slug")
        .text("name")
        .choice("category", COMPONENT_CATEGORY)
        .text("component_type")
        .text_or("provider", "")
        .optional_reference("parent_id", "component_library", Delete::SetNull)
        .json_or("metadata", "{}")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "qualified_slug"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "slug"])
        .index(&["organization_id", "category"])
        .index(&["organization_id", "component_type"])
        .index(&["organization_id", "provider"])
}

fn threat_library() -> Table {
    Table::numbered("threat_library")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text_or("slug", "")
        .optional_text("qualified_slug")
        .text("name")
        .text("description")
        .json_or("metadata", "{}")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "qualified_slug"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "slug"])
}

fn countermeasure_library() -> Table {
    Table::numbered("countermeasure_library")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text_or("slug", "")
        .optional_text("qualified_slug")
        .text("name")
        .text("description")
        .text_or("control_type", "preventive")
        .choice_or("cost", CONTROL_COST, "medium")
        .choice_or("default_status", DEFAULT_STATUS, "gap")
        .json_or("metadata", "{}")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "qualified_slug"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "created_at"])
        .index(&["organization_id", "control_type"])
        .index(&["organization_id", "cost"])
        .index(&["organization_id", "slug"])
}

fn component_library_threat() -> Table {
    Table::numbered("component_library_threat")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::SetNull)
        .reference("component_library_id", "component_library", Delete::Cascade)
        .reference("threat_library_id", "threat_library", Delete::Cascade)
        .text_or("default_severity", "medium")
        .choice_or("applies_to", APPLIES_TO, "component")
        .timestamps()
        .unique(&["component_library_id", "threat_library_id"])
        .index(&["organization_id", "applies_to"])
}

fn threat_library_countermeasure() -> Table {
    Table::numbered("threat_library_countermeasure")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::SetNull)
        .reference("threat_library_id", "threat_library", Delete::Cascade)
        .reference("countermeasure_library_id", "countermeasure_library", Delete::Cascade)
        .timestamps()
        .unique(&["threat_library_id", "countermeasure_library_id"])
}

fn taxonomy() -> Table {
    Table::numbered("taxonomy")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text("slug")
        .text("name")
        .text_or("description", "")
        .text_or("source_url", "")
        .text_or("version", "")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "slug"])
        .index(&["organization_id", "name"])
}

fn taxonomy_entry() -> Table {
    Table::numbered("taxonomy_entry")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("taxonomy_id", "taxonomy", Delete::Cascade)
        .text("external_id")
        .text("title")
        .text_or("description", "")
        .text_or("reference_url", "")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["taxonomy_id", "external_id"])
}

fn threat_library_taxonomy_entry() -> Table {
    Table::numbered("threat_library_taxonomy_entry")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::SetNull)
        .reference("threat_library_id", "threat_library", Delete::Cascade)
        .reference("taxonomy_entry_id", "taxonomy_entry", Delete::Cascade)
        .moment("created_at")
        .unique(&["threat_library_id", "taxonomy_entry_id"])
}

fn framework() -> Table {
    Table::numbered("framework")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text("slug")
        .text("name")
        .text("version")
        .text("issuer")
        .text_or("description", "")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "slug"])
        .index(&["organization_id", "name"])
        .index(&["organization_id", "version"])
}

fn requirement() -> Table {
    Table::numbered("requirement")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("framework_id", "framework", Delete::Cascade)
        .text("section_code")
        .text("description")
        .optional_reference("parent_id", "requirement", Delete::Cascade)
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .index(&["framework_id", "section_code"])
}

fn countermeasure_standard() -> Table {
    Table::numbered("countermeasure_standard")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::SetNull)
        .reference("countermeasure_library_id", "countermeasure_library", Delete::Cascade)
        .reference("requirement_id", "requirement", Delete::Cascade)
        .choice_or("sufficiency", SUFFICIENCY, "partial")
        .timestamps()
        .unique(&["countermeasure_library_id", "requirement_id"])
        .index(&["organization_id", "sufficiency"])
}

fn requirement_mapping() -> Table {
    Table::numbered("requirement_mapping")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .reference("source_requirement_id", "requirement", Delete::Cascade)
        .reference("target_requirement_id", "requirement", Delete::Cascade)
        .choice_or("sufficiency", SUFFICIENCY, "partial")
        .timestamps()
        .unique(&["source_requirement_id", "target_requirement_id"])
}

fn dfd_template() -> Table {
    Table::numbered("dfd_template")
        .reference("organization_id", "organization", Delete::Cascade)
        .optional_reference("source_pack_id", "pack", Delete::Cascade)
        .text_or("slug", "")
        .optional_text("qualified_slug")
        .text("name")
        .text_or("description", "")
        .text("category")
        .choice("diagram_type", DIAGRAM_TYPE)
        .json_or("canvas_data", "{}")
        .optional_moment("customised_at")
        .optional_moment("retired_at")
        .timestamps()
        .unique(&["organization_id", "qualified_slug"])
        .index(&["organization_id", "category", "name"])
        .index(&["organization_id", "diagram_type"])
}
