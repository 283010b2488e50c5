//! The tables of a model: all rows, one fact per cell.

use entity::choice::ReportSection;

use super::{Cell, Table, compliance, facts::Facts, structure, summary, table::column, threats};
use crate::report::{risks::Risk, trends::Point};

/// The tables of a section.
pub(super) fn of(facts: &Facts, key: ReportSection) -> Vec<Table> {
    use ReportSection as S;
    match key {
        S::Summary => vec![figures(facts)],
        S::Trends => vec![trends(&facts.trend)],
        S::Scope => vec![assumptions(facts), out_of_scope(facts)],
        S::Components => vec![
            structure::components(facts),
            structure::flows(facts),
            structure::zones(facts),
            structure::boundaries(facts),
            structure::assets(facts),
        ],
        S::Threats => vec![threats::threats(facts), threats::countermeasures(facts)],
        S::Risks => vec![risks(facts)],
        S::Compliance => vec![
            compliance::coverage(&facts.report.compliance.frameworks),
            compliance::matrix(facts),
        ],
        S::Mappings => vec![compliance::mappings(facts)],
        S::Gaps => vec![threats::gaps(facts)],
        S::Dismissed => vec![threats::dismissed(facts)],
        S::Diagrams => vec![structure::diagrams(facts)],
        S::Glossary | S::Models => Vec::new(),
    }
}

fn figures(facts: &Facts) -> Table {
    figure_table(&summary::figures(facts))
}

/// Numbers and what they count.
pub(super) fn figure_table(figures: &[super::Figure]) -> Table {
    let columns = [column("figure", "Figure", 60), column("value", "Value", 20)];
    let row = |figure: &super::Figure| {
        let value = i64::try_from(figure.value).unwrap_or(i64::MAX);
        vec![Cell::text(figure.name), Cell::Number(value)]
    };
    Table::new("summary", "Summary", &columns).with(figures.iter().map(row))
}

/// The numbers of each day.
pub(super) fn trends(points: &[Point]) -> Table {
    let columns = [
        column("day", "Day", 20),
        column("threats", "Threats", 14),
        column("dismissed", "Dismissed", 14),
        column("exposed", "Exposed", 14),
        column("addressable", "Addressable", 16),
        column("mitigated", "Mitigated", 14),
        column("countermeasures", "Countermeasures", 20),
        column("gaps", "Gaps", 12),
        column("planned", "Planned", 12),
        column("verified", "Verified", 12),
        column("waived", "Waived", 12),
        column("platform", "Platform", 12),
        column("risks", "Risks", 12),
        column("risksLow", "Low risks", 14),
        column("risksMedium", "Medium risks", 16),
        column("risksHigh", "High risks", 14),
        column("risksCritical", "Critical risks", 16),
    ];
    let row = |point: &Point| {
        let figures = point.figures;
        let numbers = [
            figures.threats,
            figures.dismissed,
            figures.exposed,
            figures.addressable,
            figures.mitigated,
            figures.countermeasures,
            figures.gaps,
            figures.planned,
            figures.verified,
            figures.waived,
            figures.platform,
            figures.risks,
            figures.risks_low,
            figures.risks_medium,
            figures.risks_high,
            figures.risks_critical,
        ];
        let day = std::iter::once(Cell::text(&point.day));
        day.chain(numbers.map(Cell::Number)).collect()
    };
    Table::new("trends", "Trends", &columns).with(points.iter().map(row))
}

/// What the authors take for granted.
pub(super) fn assumptions(facts: &Facts) -> Table {
    let columns = [
        column("description", "Assumption", 70),
        column("validity", "Validity", 20),
        column("topics", "Topics", 25),
    ];
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = facts.report.scope.assumptions.as_array().into_iter().flatten();
    let row = |assumption: &serde_json::Value| {
        let topics = assumption["topics"].as_array().into_iter().flatten();
        let topics: Vec<String> = topics.map(word).filter(|topic| !topic.is_empty()).collect();
        vec![
            Cell::text(word(&assumption["description"])),
            Cell::word(&word(&assumption["validity"])),
            Cell::text(topics.join(", ")),
        ]
    };
    Table::new("assumptions", "Assumptions", &columns).with(list.map(row))
}

/// What the model leaves out.
pub(super) fn out_of_scope(facts: &Facts) -> Table {
    let columns = [column("name", "Out of scope", 40), column("reason", "Reason", 60)];
    let items = facts.report.scope.out_of_scope_items.iter();
    let rows = items.map(|item| vec![Cell::text(&item.name), Cell::text(&item.reason)]);
    Table::new("out-of-scope", "Out of scope", &columns).with(rows)
}

/// The risk register.
pub(super) fn risks(facts: &Facts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("name", "Risk", 40),
        column("description", "Description", 50),
        column("inherentScore", "Inherent score", 14),
        column("inherentLevel", "Inherent", 15),
        column("residualScore", "Residual score", 14),
        column("residualLevel", "Residual", 15),
        column("owner", "Owner", 30),
        column("threats", "Contributing threats", 45),
    ];
    Table::new("risks", "Risk register", &columns).with(facts.report.risks.iter().map(risk))
}

fn risk(risk: &Risk) -> Vec<Cell> {
    let threats = risk.contributing_threats.iter();
    let threats: Vec<String> =
        threats.map(|threat| format!("{} ({})", threat.threat_name, threat.status)).collect();
    vec![
        Cell::Number(risk.id),
        Cell::text(&risk.name),
        Cell::text(&risk.description),
        Cell::Number(risk.inherent_score.into()),
        Cell::word(&risk.inherent_level),
        risk.residual_score.map_or(Cell::Nothing, |score| Cell::Number(score.into())),
        Cell::word(&risk.residual_level),
        Cell::optional(risk.owner_email.as_ref()),
        Cell::text(threats.join("; ")),
    ]
}
