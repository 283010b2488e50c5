//! Components, zones, flows and assets of a model.

use super::{Block, Cell, Picture, Table, facts::Facts, table::column};
use crate::{
    model::illustration::{self, Facts as Heading, Legend, Options, Theme},
    report::{assets::Asset, document::ComponentLine},
};

pub(super) fn blocks(facts: &Facts) -> Vec<Block> {
    let tables = [
        components(facts).only(&["name", "category", "type", "trustZone", "description"]),
        flows(facts).only(&["label", "source", "destination", "protocol", "protection"]),
        zones(facts).only(&["name", "trustLevel", "description"]),
        boundaries(facts).only(&["label", "zoneA", "zoneB", "description"]),
        assets(facts),
    ];
    let tables: Vec<Block> = tables
        .into_iter()
        .filter(|table| !table.rows.is_empty())
        .flat_map(|table| [Block::Heading(table.title.to_owned()), Block::Table(table)])
        .collect();
    if tables.is_empty() {
        return vec![Block::Text("The model has no components yet.".to_owned())];
    }
    tables
}

/// The diagrams as pictures.
pub(super) fn pictures(facts: &Facts) -> Vec<Block> {
    let diagrams = &facts.report.architecture.dfds;
    if diagrams.is_empty() {
        return vec![Block::Text("The model has no diagrams yet.".to_owned())];
    }
    let picture = |diagram: &crate::report::document::DiagramLine| {
        // The caption has the name.
        let heading = Heading::default();
        let options = Options { theme: Theme::Light, legend: Legend::Shown };
        Block::Picture(Picture {
            svg: illustration::svg(&diagram.canvas_data, &heading, &options),
            caption: diagram.name.clone(),
            description: format!(
                "Data flow diagram {} with {} nodes and {} edges",
                diagram.name, diagram.node_count, diagram.edge_count
            ),
        })
    };
    diagrams.iter().map(picture).collect()
}

/// The diagrams by name.
pub(super) fn diagrams(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("name", "Diagram", 40),
        column("type", "Type", 15),
        column("nodes", "Nodes", 10),
        column("edges", "Edges", 10),
    ];
    let rows = facts.report.architecture.dfds.iter().map(|diagram| {
        vec![
            Cell::Number(diagram.id.parse().unwrap_or_default()),
            Cell::text(&diagram.name),
            Cell::word(&diagram.diagram_type),
            Cell::count(diagram.node_count),
            Cell::count(diagram.edge_count),
        ]
    });
    Table::new("diagrams", "Diagrams", &columns).with(rows)
}

pub(super) fn components(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("name", "Component", 30),
        column("category", "Category", 18),
        column("type", "Type", 22),
        column("provider", "Provider", 18),
        column("trustZone", "Trust zone", 22),
        column("description", "Description", 50),
    ];
    let groups = &facts.report.components;
    let all = [&groups.processes, &groups.data_stores, &groups.human_actors, &groups.system_actors];
    let row = |line: &ComponentLine| {
        vec![
            Cell::Number(line.id),
            Cell::text(&line.name),
            Cell::word(&line.category),
            Cell::text(&line.component_type),
            Cell::text(&line.provider),
            Cell::optional(line.trust_zone.as_ref()),
            Cell::text(&line.description),
        ]
    };
    Table::new("components", "Components", &columns).with(all.into_iter().flatten().map(row))
}

pub(super) fn flows(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("label", "Data flow", 30),
        column("source", "From", 24),
        column("destination", "To", 24),
        column("protocol", "Protocol", 16),
        column("encrypted", "Encrypted", 14),
        column("authenticated", "Authenticated", 16),
        column("crossesTrustZone", "Crosses trust zones", 18),
        column("hasSensitiveData", "Sensitive data", 16),
        column("protection", "Properties", 34),
    ];
    let rows = facts.report.data_flows.iter().map(|flow| {
        let said = [
            (flow.encrypted, "encrypted"),
            (flow.authenticated, "authenticated"),
            (flow.crosses_trust_zone, "crosses trust zones"),
            (flow.has_sensitive_data, "sensitive data"),
        ];
        let said: Vec<&str> = said.into_iter().filter(|one| one.0).map(|one| one.1).collect();
        vec![
            Cell::Number(flow.id),
            Cell::text(&flow.label),
            Cell::text(&flow.source),
            Cell::text(&flow.destination),
            Cell::text(&flow.protocol),
            Cell::Flag(flow.encrypted),
            Cell::Flag(flow.authenticated),
            Cell::Flag(flow.crosses_trust_zone),
            Cell::Flag(flow.has_sensitive_data),
            Cell::text(said.join(", ")),
        ]
    });
    Table::new("data-flows", "Data flows", &columns).with(rows)
}

pub(super) fn zones(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("name", "Trust zone", 30),
        column("trustLevel", "Trust level", 14),
        column("description", "Description", 56),
    ];
    let rows = facts.report.architecture.trust_zones.iter().map(|zone| {
        let level = Cell::Number(zone.trust_level.into());
        vec![Cell::Number(zone.id), Cell::text(&zone.name), level, Cell::text(&zone.description)]
    });
    Table::new("trust-zones", "Trust zones", &columns).with(rows)
}

pub(super) fn boundaries(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("label", "Trust boundary", 30),
        column("zoneA", "Zone", 22),
        column("zoneB", "Other zone", 22),
        column("description", "Description", 40),
    ];
    let rows = facts.report.architecture.trust_boundaries.iter().map(|line| {
        vec![
            Cell::Number(line.id),
            Cell::text(&line.label),
            Cell::text(&line.zone_a),
            Cell::text(&line.zone_b),
            Cell::text(&line.description),
        ]
    });
    Table::new("trust-boundaries", "Trust boundaries", &columns).with(rows)
}

pub(super) fn assets(facts: &Facts) -> Table {
    let columns = [
        column("name", "Data asset", 28),
        column("classification", "Classification", 18),
        column("confidentiality", "Confidentiality", 17),
        column("integrity", "Integrity", 14),
        column("availability", "Availability", 15),
        column("heldBy", "Held by", 28),
        column("carriedBy", "Carried by", 28),
    ];
    let row = |asset: &Asset| {
        let held: Vec<&str> =
            asset.placements.iter().map(|one| one.component_name.as_str()).collect();
        let carried: Vec<&str> =
            asset.in_transit.iter().map(|one| one.data_flow_label.as_str()).collect();
        vec![
            Cell::text(&asset.name),
            Cell::word(&asset.classification),
            Cell::word(&asset.confidentiality),
            Cell::word(&asset.integrity),
            Cell::word(&asset.availability),
            Cell::text(held.join(", ")),
            Cell::text(carried.join(", ")),
        ]
    };
    Table::new("data-assets", "Data assets", &columns)
        .with(facts.report.data_assets.iter().map(row))
}
