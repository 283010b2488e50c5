//! The numbers of a model and charts of them.

use super::{
    Bar, Block, Chart, Figure, Form, Part, Series, Tone, capitalised, chart::length, facts::Facts,
};
use crate::report::{
    compliance::Coverage,
    risks::Risk,
    trends::{Figures, Point},
};

/// Severities and levels, gravest first.
pub(super) const LEVELS: [&str; 4] = ["critical", "high", "medium", "low"];
/// What threats can be, worst first.
const STATUSES: [&str; 3] = ["exposed", "addressable", "mitigated"];
/// What countermeasures can be, worst first.
pub(super) const MEASURES: [&str; 5] = ["gap", "planned", "waived", "verified", "platform"];

pub(super) fn blocks(facts: &Facts) -> Vec<Block> {
    let metrics = &facts.report.summary_metrics;
    let mut blocks = vec![Block::Figures(figures(facts)), Block::Chart(threats(facts))];
    let title = "Countermeasures by status";
    let measures = Chart::counted(title, &metrics.countermeasures_by_status, &MEASURES);
    blocks.push(Block::Chart(measures));
    if !facts.report.risks.is_empty() {
        blocks.push(Block::Chart(matrix(facts.report.risks.iter())));
    }
    if !facts.report.compliance.frameworks.is_empty() {
        blocks.push(Block::Chart(coverage(&facts.report.compliance.frameworks)));
    }
    blocks
}

pub(super) fn figures(facts: &Facts) -> Vec<Figure> {
    let metrics = &facts.report.summary_metrics;
    let by_status = |word| metrics.threats_by_status.get(word);
    let figure = |name, value, tone| Figure { name, value, tone };
    vec![
        figure("Active threats", metrics.total_active_threats, Tone::Plain),
        figure("Exposed threats", by_status("exposed"), Tone::Bad),
        figure("Addressable threats", by_status("addressable"), Tone::Fair),
        figure("Mitigated threats", by_status("mitigated"), Tone::Good),
        figure("Dismissed threats", metrics.total_dismissed_threats, Tone::Muted),
        figure("Countermeasures", metrics.total_countermeasures, Tone::Plain),
        figure("Gaps", metrics.total_gaps, Tone::Bad),
        figure("Waived countermeasures", metrics.total_waived, Tone::Muted),
        figure("Inherited countermeasures", metrics.total_inherited, Tone::Plain),
        figure("Risks", metrics.total_risks, Tone::Plain),
    ]
}

/// Active threats: a bar for each severity, a part for each status.
fn threats(facts: &Facts) -> Chart {
    let bar = |severity: &&str| {
        let of_severity = || facts.active().filter(|one| one.inherent_severity == **severity);
        let part = |status: &&str| {
            let number = of_severity().filter(|one| one.status == **status).count();
            let name = capitalised(status);
            Part { name, tone: Tone::of(status), value: length(number as u64) }
        };
        Bar {
            label: capitalised(severity),
            parts: STATUSES.iter().map(part).collect(),
            whole: 0.0,
            note: of_severity().count().to_string(),
        }
    };
    let bars = LEVELS.iter().map(bar).collect();
    Chart { title: "Active threats by severity and status".to_owned(), form: Form::Bars(bars) }
}

/// Risks by inherent and residual level.
pub(super) fn matrix<'r>(risks: impl Iterator<Item = &'r Risk>) -> Chart {
    let levels = risks.map(|risk| (risk.inherent_level.as_str(), risk.residual_level.as_str()));
    matrix_of(levels)
}

/// Pairs of inherent and residual level.
pub(super) fn matrix_of<'l>(levels: impl Iterator<Item = (&'l str, &'l str)>) -> Chart {
    let mut counts = vec![vec![0; LEVELS.len()]; LEVELS.len()];
    let place = |level: &str| LEVELS.iter().position(|one| *one == level);
    for (inherent, residual) in levels {
        if let Some((row, column)) = place(inherent).zip(place(residual)) {
            counts[row][LEVELS.len() - 1 - column] += 1;
        }
    }
    Chart {
        title: "Risks by inherent and residual level".to_owned(),
        form: Form::Grid {
            row_title: "Inherent",
            column_title: "Residual",
            rows: LEVELS.to_vec(),
            columns: LEVELS.iter().rev().copied().collect(),
            counts,
        },
    }
}

/// Requirements of each framework: met, mapped, neither.
pub(super) fn coverage(frameworks: &[Coverage]) -> Chart {
    let bar = |one: &Coverage| {
        let number = |number: i64| length(number.unsigned_abs());
        let part = |name: &str, tone, value| Part { name: name.to_owned(), tone, value };
        let open = one.covered_requirements - one.satisfied_requirements;
        let parts = vec![
            part("Satisfied", Tone::Good, number(one.satisfied_requirements)),
            part("Covered, not satisfied", Tone::Fair, number(open)),
        ];
        let (satisfied, covered) = (one.satisfaction_percentage, one.coverage_percentage);
        Bar {
            label: one.name.clone(),
            parts,
            whole: number(one.total_requirements),
            note: format!("{satisfied}% satisfied, {covered}% covered"),
        }
    };
    Chart {
        title: "Requirements by framework".to_owned(),
        form: Form::Bars(frameworks.iter().map(bar).collect()),
    }
}

/// How the numbers changed.
pub(super) fn trend_blocks(points: &[Point]) -> Vec<Block> {
    if points.len() < 2 {
        let text = "There is nothing to compare with yet. Figures are kept once a day.";
        return vec![Block::Text(text.to_owned())];
    }
    let threats = lines(
        "Threats over time",
        points,
        &[
            ("Exposed", Tone::Bad, |figures| figures.exposed),
            ("Addressable", Tone::Fair, |figures| figures.addressable),
            ("Mitigated", Tone::Good, |figures| figures.mitigated),
        ],
    );
    let measures = lines(
        "Countermeasures over time",
        points,
        &[
            ("Gaps", Tone::Bad, |figures| figures.gaps),
            ("Planned", Tone::Fair, |figures| figures.planned),
            ("Verified", Tone::Good, |figures| figures.verified),
        ],
    );
    let table = super::tables::trends(points).only(&[
        "day",
        "threats",
        "exposed",
        "mitigated",
        "gaps",
        "risksCritical",
        "risksHigh",
    ]);
    let latest = table.rows.len().saturating_sub(LATEST);
    let table = super::Table { rows: table.rows.into_iter().skip(latest).collect(), ..table };
    vec![Block::Chart(threats), Block::Chart(measures), Block::Table(table)]
}

/// Most days in the table of a printed report.
const LATEST: usize = 31;

type Measure = (&'static str, Tone, fn(&Figures) -> i64);

fn lines(title: &str, points: &[Point], measures: &[Measure]) -> Chart {
    let series = |(name, tone, measure): &Measure| Series {
        name,
        tone: *tone,
        values: points.iter().map(|point| measure(&point.figures)).collect(),
    };
    Chart {
        title: title.to_owned(),
        form: Form::Lines {
            days: points.iter().map(|point| point.day.clone()).collect(),
            series: measures.iter().map(series).collect(),
        },
    }
}
