//! Requirements, what fulfils them, and how frameworks correspond.

use std::collections::BTreeMap;

use super::{Block, Cell, Line, Table, facts::Facts, table::column, threats::state};
use crate::report::{
    Countermeasure,
    compliance::{Correspondence, CorrespondingRequirement, Coverage},
    threats as shared,
};

pub(super) fn blocks(facts: &Facts) -> Vec<Block> {
    let frameworks = &facts.report.compliance.frameworks;
    if frameworks.is_empty() {
        let text = "No countermeasure is mapped to a requirement of a framework yet.";
        return vec![Block::Text(text.to_owned())];
    }
    let mut blocks = vec![Block::Table(coverage(frameworks))];
    let measures = measures(facts);
    for framework in frameworks {
        blocks.push(Block::Heading(framework.name.clone()));
        blocks.push(Block::Table(listed(facts, &measures, &framework.name)));
    }
    blocks
}

/// How far each framework is fulfilled.
pub(super) fn coverage(frameworks: &[Coverage]) -> Table {
    let columns = [
        column("framework", "Framework", 40),
        column("totalRequirements", "Requirements", 18),
        column("coveredRequirements", "Covered", 14),
        column("coveragePercentage", "Coverage", 14),
        column("satisfiedRequirements", "Satisfied", 14),
        column("satisfactionPercentage", "Satisfaction", 15),
    ];
    let row = |one: &Coverage| {
        vec![
            Cell::text(&one.name),
            Cell::Number(one.total_requirements),
            Cell::Number(one.covered_requirements),
            Cell::Share(one.coverage_percentage),
            Cell::Number(one.satisfied_requirements),
            Cell::Share(one.satisfaction_percentage),
        ]
    };
    Table::new("coverage", "Coverage by framework", &columns).with(frameworks.iter().map(row))
}

/// Countermeasures by requirement, each with the name of the framework.
type Measures<'f> = BTreeMap<i64, Vec<(&'f str, &'f Countermeasure, &'f str)>>;

/// Which countermeasures help to meet which requirement, with the sufficiency and framework.
fn measures(facts: &Facts) -> Measures<'_> {
    let mut found: Measures<'_> = BTreeMap::new();
    for (_, measure) in shared::pairs(&facts.analysis) {
        for standard in &measure.standards {
            if let Some(requirement) = standard.requirement {
                let name = standard.framework_name.as_str();
                let entry = (name, measure, standard.sufficiency.as_str());
                found.entry(requirement).or_default().push(entry);
            }
        }
    }
    found
}

/// Names of the frameworks by key.
fn names(facts: &Facts) -> BTreeMap<i64, &str> {
    let standards = shared::pairs(&facts.analysis).flat_map(|(_, measure)| &measure.standards);
    standards.filter_map(|one| Some((one.framework?, one.framework_name.as_str()))).collect()
}

/// How far a requirement is met.
fn met(measures: &[(&str, &Countermeasure, &str)]) -> &'static str {
    if measures.is_empty() {
        return "uncovered";
    }
    let effective = measures.iter().any(|(_, measure, _)| measure.is_effective());
    if effective { "satisfied" } else { "open" }
}

fn listed(facts: &Facts, measures: &Measures<'_>, framework: &str) -> Table {
    let columns = [
        column("requirement", "Requirement", 44),
        column("status", "Status", 17),
        column("countermeasures", "Countermeasures", 55),
    ];
    let names = names(facts);
    let own = |key: &i64| names.get(key).is_some_and(|name| *name == framework);
    let requirements = facts.requirements.iter().filter(|row| own(&row.framework_id));
    let rows = requirements.map(|row| {
        let found = measures.get(&row.id).map_or(&[][..], Vec::as_slice);
        let name = Line::new(&row.section_code).strong();
        vec![
            Cell::Lines(vec![name, Line::new(&row.description)]),
            state(met(found)),
            Cell::Lines(summed(found)),
        ]
    });
    Table::new("compliance", "Compliance matrix", &columns).with(rows)
}

/// Countermeasures of one name and status are one line.
fn summed(measures: &[(&str, &Countermeasure, &str)]) -> Vec<Line> {
    let mut counted: indexmap::IndexMap<(&str, &str), usize> = indexmap::IndexMap::new();
    for (_, measure, _) in measures {
        *counted.entry((measure.name.as_str(), measure.status.as_str())).or_default() += 1;
    }
    let line = |((name, status), number): ((&str, &str), usize)| {
        let times = if number > 1 { format!("{number} times") } else { String::new() };
        Line::new(name).with_word(status).with_note(times)
    };
    counted.into_iter().map(line).collect()
}

/// All requirements of all frameworks.
pub(super) fn matrix(facts: &Facts) -> Table {
    let columns = [
        column("framework", "Framework", 30),
        column("requirement", "Requirement", 18),
        column("description", "Description", 60),
        column("status", "Status", 14),
        column("countermeasures", "Countermeasures", 16),
        column("effective", "In place", 12),
        column("names", "Names and status", 60),
    ];
    let (measures, names) = (measures(facts), names(facts));
    let rows = facts.requirements.iter().map(|row| {
        let found = measures.get(&row.id).map_or(&[][..], Vec::as_slice);
        let effective = found.iter().filter(|(_, measure, _)| measure.is_effective()).count();
        let lines: Vec<String> = summed(found).iter().map(Line::plain).collect();
        vec![
            Cell::text(names.get(&row.framework_id).copied().unwrap_or_default()),
            Cell::text(&row.section_code),
            Cell::text(&row.description),
            state(met(found)),
            Cell::count(found.len()),
            Cell::count(effective),
            Cell::text(lines.join("; ")),
        ]
    });
    Table::new("compliance", "Compliance matrix", &columns).with(rows)
}

/// How requirements of frameworks correspond.
pub(super) fn mappings(facts: &Facts) -> Table {
    let columns = [
        column("sourceFramework", "Framework", 26),
        column("source", "Requirement", 30),
        column("targetFramework", "Other framework", 26),
        column("target", "Its requirement", 30),
        column("sufficiency", "Sufficiency", 15),
    ];
    let row = |(pair, one): (&Correspondence, &CorrespondingRequirement)| {
        let text =
            |code: &str, description: &str| Cell::text(format!("{code} {description}").trim());
        vec![
            Cell::text(&pair.source_framework),
            text(&one.from_section_code, &one.from_description),
            Cell::text(&pair.target_framework),
            text(&one.to_section_code, &one.to_description),
            Cell::word(&one.sufficiency),
        ]
    };
    let pairs = facts.report.compliance.cross_framework_mappings.iter();
    let rows = pairs.flat_map(|pair| pair.mappings.iter().map(move |one| (pair, one)));
    Table::new("mappings", "Corresponding requirements", &columns).with(rows.map(row))
}
