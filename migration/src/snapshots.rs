//! The figures of threat models at the end of days.

use crate::table::{Delete, Table};

const FIGURES: [&str; 16] = [
    "threats",
    "dismissed",
    "exposed",
    "addressable",
    "mitigated",
    "countermeasures",
    "gaps",
    "planned",
    "verified",
    "waived",
    "platform",
    "risks",
    "risks_low",
    "risks_medium",
    "risks_high",
    "risks_critical",
];

/// In the order in which they are made.
pub(crate) fn tables() -> Vec<Table> {
    vec![threat_model_snapshot()]
}

fn threat_model_snapshot() -> Table {
    let table = Table::numbered("threat_model_snapshot")
        .reference("organization_id", "organization", Delete::Cascade)
        .reference("threat_model_id", "threat_model", Delete::Cascade)
        .text("day");
    let table = FIGURES.into_iter().fold(table, Table::big_integer);
    table
        .moment("created_at")
        .unique(&["threat_model_id", "day"])
        .index(&["organization_id", "day"])
}
