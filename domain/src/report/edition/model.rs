//! The sections of a report about a model, for people.

use entity::choice::ReportSection;

use super::{
    Bar, Block, Chart, Extent, Form, Part, Table, Tone, chart::length, compliance, facts::Facts,
    glossary, structure, summary, tables, threats,
};

/// Most owners in a chart.
const OWNERS: usize = 12;

pub(super) const fn title(key: ReportSection) -> &'static str {
    use ReportSection as S;
    match key {
        S::Summary => "Summary",
        S::Trends => "Trends",
        S::Models => "Threat models",
        S::Scope => "Scope and assumptions",
        S::Diagrams => "Diagrams",
        S::Components => "Components and data flows",
        S::Threats => "Threats and countermeasures",
        S::Risks => "Risk register",
        S::Compliance => "Compliance",
        S::Mappings => "Corresponding requirements",
        S::Gaps => "Gaps and owners",
        S::Dismissed => "Dismissed threats",
        S::Glossary => "Glossary",
    }
}

pub(super) fn blocks(facts: &Facts, key: ReportSection, extent: Extent) -> Vec<Block> {
    use ReportSection as S;
    match key {
        S::Summary => summary::blocks(facts),
        S::Trends => summary::trend_blocks(&facts.trend),
        S::Scope => scope(facts),
        S::Diagrams => structure::pictures(facts),
        S::Components => structure::blocks(facts),
        S::Threats => threats::blocks(facts, extent),
        S::Risks => risks(facts),
        S::Compliance => compliance::blocks(facts),
        S::Mappings => listed(compliance::mappings(facts), "No frameworks correspond."),
        S::Gaps => gaps(facts, extent),
        S::Dismissed => listed(threats::dismissed(facts), "No threats were dismissed."),
        S::Glossary => vec![Block::Table(glossary::table())],
        S::Models => Vec::new(),
    }
}

/// A table, or a text if it is empty.
pub(super) fn listed(table: Table, otherwise: &str) -> Vec<Block> {
    if table.rows.is_empty() {
        return vec![Block::Text(otherwise.to_owned())];
    }
    vec![Block::Table(table)]
}

fn scope(facts: &Facts) -> Vec<Block> {
    let scope = &facts.report.scope;
    let mut blocks = Vec::new();
    if !scope.description.is_empty() {
        blocks.push(Block::Text(scope.description.clone()));
    }
    let settled =
        if scope.scope_locked { "The scope is settled." } else { "The scope may still change." };
    blocks.push(Block::Text(settled.to_owned()));
    blocks.push(Block::Heading("Assumptions".to_owned()));
    blocks.extend(listed(tables::assumptions(facts), "Nothing is assumed."));
    blocks.push(Block::Heading("Out of scope".to_owned()));
    blocks.extend(listed(tables::out_of_scope(facts), "Nothing is left out."));
    blocks
}

fn risks(facts: &Facts) -> Vec<Block> {
    let table = tables::risks(facts).only(&[
        "name",
        "description",
        "inherentScore",
        "inherentLevel",
        "residualScore",
        "residualLevel",
        "owner",
    ]);
    if table.rows.is_empty() {
        return vec![Block::Text("The model has no risks yet.".to_owned())];
    }
    let matrix = summary::matrix(facts.report.risks.iter());
    let threats = tables::risks(facts).only(&["name", "threats"]);
    vec![
        Block::Chart(matrix),
        Block::Table(table),
        Block::Heading("Contributing threats".to_owned()),
        Block::Table(threats),
    ]
}

/// Most gaps that a printed report lists.
const PRINTED: usize = 300;

fn gaps(facts: &Facts, extent: Extent) -> Vec<Block> {
    let mut table = threats::gaps(facts);
    if table.rows.is_empty() {
        return vec![Block::Text("No countermeasure is missing.".to_owned())];
    }
    let mut blocks = vec![Block::Chart(owners("Gaps by owner", &threats::gaps_by_owner(facts)))];
    if extent == Extent::Printed && table.rows.len() > PRINTED {
        let text = format!(
            "This report lists the first {PRINTED} of {} gaps. The formats HTML, Markdown, XLSX, \
             CSV and JSON list all.",
            table.rows.len()
        );
        blocks.push(Block::Text(text));
        table.rows.truncate(PRINTED);
    }
    blocks.push(Block::Table(table));
    blocks
}

/// A bar for each owner, the others together.
pub(super) fn owners(title: &str, owners: &[(String, u64)]) -> Chart {
    let bar = |label: &str, number: u64| {
        let part = Part { name: "Gaps".to_owned(), tone: Tone::Bad, value: length(number) };
        Bar { label: label.to_owned(), parts: vec![part], whole: 0.0, note: number.to_string() }
    };
    let mut bars: Vec<Bar> =
        owners.iter().take(OWNERS).map(|(owner, number)| bar(owner, *number)).collect();
    let others: u64 = owners.iter().skip(OWNERS).map(|(_, number)| number).sum();
    if others > 0 {
        bars.push(bar("Others", others));
    }
    Chart { title: title.to_owned(), form: Form::Bars(bars) }
}
