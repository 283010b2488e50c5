//! The sections of a report over an organization.

use entity::choice::ReportSection;

use super::{
    Block, Cell, Figure, Table, Tone, compliance, glossary, model, portfolio_facts::PortfolioFacts,
    summary, table::column, tables,
};

pub(super) const fn title(key: ReportSection) -> &'static str {
    match key {
        ReportSection::Gaps => "Open gaps by owner",
        ReportSection::Compliance => "Compliance by framework",
        ReportSection::Models => "Threat models by risk",
        other => model::title(other),
    }
}

pub(super) fn blocks(facts: &PortfolioFacts, key: ReportSection) -> Vec<Block> {
    use ReportSection as S;
    match key {
        S::Summary => numbers(facts),
        S::Trends => summary::trend_blocks(&facts.trend),
        S::Models => {
            let shown = [
                "name",
                "team",
                "criticality",
                "risksCritical",
                "risksHigh",
                "exposed",
                "mitigated",
                "gaps",
            ];
            model::listed(models(facts).only(&shown), "There are no threat models yet.")
        }
        S::Gaps => {
            let mut blocks = model::listed(gaps(facts), "No countermeasure is missing.");
            if !facts.gaps.is_empty() {
                blocks.insert(0, Block::Chart(model::owners("Gaps by owner", &owners(facts))));
            }
            blocks
        }
        S::Compliance => covered(facts),
        S::Glossary => vec![Block::Table(glossary::table())],
        _ => Vec::new(),
    }
}

pub(super) fn tables(facts: &PortfolioFacts, key: ReportSection) -> Vec<Table> {
    use ReportSection as S;
    match key {
        S::Summary => vec![tables::figure_table(&figures(facts))],
        S::Trends => vec![tables::trends(&facts.trend)],
        S::Models => vec![models(facts)],
        S::Gaps => vec![gaps(facts)],
        S::Compliance => vec![compliance::coverage(&facts.coverage)],
        _ => Vec::new(),
    }
}

fn numbers(facts: &PortfolioFacts) -> Vec<Block> {
    let mut blocks = vec![Block::Figures(figures(facts))];
    if !facts.levels.is_empty() {
        let levels = facts.levels.iter();
        let levels = levels.map(|(inherent, residual)| (inherent.as_str(), residual.as_str()));
        blocks.push(Block::Chart(summary::matrix_of(levels)));
    }
    if !facts.coverage.is_empty() {
        blocks.push(Block::Chart(summary::coverage(&facts.coverage)));
    }
    blocks
}

fn figures(facts: &PortfolioFacts) -> Vec<Figure> {
    let total = &facts.total;
    let figure = |name, value: i64, tone| Figure { name, value: value.unsigned_abs(), tone };
    let models = i64::try_from(facts.models.len()).unwrap_or(i64::MAX);
    vec![
        figure("Threat models", models, Tone::Plain),
        figure("Active threats", total.threats, Tone::Plain),
        figure("Exposed threats", total.exposed, Tone::Bad),
        figure("Addressable threats", total.addressable, Tone::Fair),
        figure("Mitigated threats", total.mitigated, Tone::Good),
        figure("Dismissed threats", total.dismissed, Tone::Muted),
        figure("Countermeasures", total.countermeasures, Tone::Plain),
        figure("Gaps", total.gaps, Tone::Bad),
        figure("Risks", total.risks, Tone::Plain),
        figure("Critical risks", total.risks_critical, Tone::Critical),
    ]
}

fn models(facts: &PortfolioFacts) -> Table {
    let columns = [
        column("id", "ID", 8),
        column("name", "Threat model", 34),
        column("team", "Team", 20),
        column("criticality", "Criticality", 16),
        column("risks", "Risks", 10),
        column("risksCritical", "Critical risks", 14),
        column("risksHigh", "High risks", 14),
        column("threats", "Threats", 12),
        column("exposed", "Exposed", 14),
        column("mitigated", "Mitigated", 15),
        column("countermeasures", "Countermeasures", 18),
        column("gaps", "Gaps", 10),
    ];
    let rows = facts.models.iter().map(|model| {
        let figures = model.figures;
        vec![
            Cell::Number(model.id),
            Cell::text(&model.name),
            Cell::optional(model.team.as_ref()),
            Cell::word(&model.criticality),
            Cell::Number(figures.risks),
            Cell::Number(figures.risks_critical),
            Cell::Number(figures.risks_high),
            Cell::Number(figures.threats),
            Cell::Number(figures.exposed),
            Cell::Number(figures.mitigated),
            Cell::Number(figures.countermeasures),
            Cell::Number(figures.gaps),
        ]
    });
    Table::new("models", "Threat models by risk", &columns).with(rows)
}

fn gaps(facts: &PortfolioFacts) -> Table {
    let columns = [
        column("owner", "Owner", 40),
        column("model", "Threat model", 40),
        column("gaps", "Gaps", 14),
    ];
    let rows = facts.gaps.iter().map(|gap| {
        let owner = gap.owner.clone().unwrap_or_else(|| "Nobody".to_owned());
        vec![Cell::text(owner), Cell::text(&gap.model), Cell::Number(gap.number)]
    });
    Table::new("gaps", "Open gaps by owner", &columns).with(rows)
}

fn owners(facts: &PortfolioFacts) -> Vec<(String, u64)> {
    let mut owners = std::collections::BTreeMap::<String, u64>::new();
    for gap in &facts.gaps {
        let owner = gap.owner.clone().unwrap_or_else(|| "Nobody".to_owned());
        *owners.entry(owner).or_default() += gap.number.unsigned_abs();
    }
    let mut owners: Vec<_> = owners.into_iter().collect();
    owners.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    owners
}

fn covered(facts: &PortfolioFacts) -> Vec<Block> {
    if facts.coverage.is_empty() {
        let text = "No countermeasure is mapped to a requirement of a framework yet.";
        return vec![Block::Text(text.to_owned())];
    }
    vec![
        Block::Chart(summary::coverage(&facts.coverage)),
        Block::Table(compliance::coverage(&facts.coverage)),
    ]
}
