//! What stands on the first page of a report.

use chrono::{DateTime, Utc};
use entity::{
    choice::{ReportType, ScoringMethod},
    report_export,
};
use sea_orm::{ActiveEnum, Iterable};
use serde::Serialize;

use super::{Facts, PortfolioFacts, capitalised};

/// The colour of headings unless another is wanted.
pub const USUAL_COLOUR: &str = "#1f4e79";

/// What stands on the first page.
#[derive(Clone, Debug, Serialize)]
pub struct Cover {
    /// The title.
    pub title: String,
    /// What kind of report it is.
    pub kind: String,
    /// What it is about: the name of a model or organization.
    pub subject: String,
    /// Whose it is.
    pub organization: String,
    /// For whom it is.
    pub report_type: ReportType,
    /// Of headings, as `#rrggbb`.
    pub colour: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What else is known, in order.
    pub properties: Vec<(&'static str, String)>,
}

impl Cover {
    /// When it was made, for people.
    pub fn moment(&self) -> String {
        self.made_at.format("%-d %B %Y, %H:%M UTC").to_string()
    }
}

pub(super) fn of_model(facts: &Facts, row: &report_export::Model, now: DateTime<Utc>) -> Cover {
    let metadata = &facts.report.metadata;
    let frameworks: Vec<String> = metadata
        .frameworks
        .iter()
        .map(|one| format!("{} {}", one.name, one.version).trim().to_owned())
        .collect();
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    let properties = vec![
        ("Organization", facts.organization.clone()),
        ("Team", known(&metadata.owning_team)),
        ("Created by", known(&metadata.created_by)),
        ("Criticality", capitalised(&metadata.criticality)),
        ("Risk scoring", scoring(&metadata.risk_scoring_method)),
        ("Frameworks", frameworks.join(", ")),
        ("Last changed", metadata.updated_at.chars().take(10).collect()),
    ];
    cover(row, now, &metadata.name, &facts.organization, properties)
}

pub(super) fn of_organization(
    facts: &PortfolioFacts,
    row: &report_export::Model,
    now: DateTime<Utc>,
) -> Cover {
    let properties = vec![("Threat models", facts.models.len().to_string())];
    cover(row, now, &facts.organization, &facts.organization, properties)
}

fn cover(
    row: &report_export::Model,
    now: DateTime<Utc>,
    subject: &str,
    organization: &str,
    properties: Vec<(&'static str, String)>,
) -> Cover {
    let kind = kind(row);
    let usual = |text: &str, usual: &str| if text.is_empty() { usual } else { text }.to_owned();
    let properties = properties.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    Cover {
        title: usual(&row.title, subject),
        kind,
        subject: subject.to_owned(),
        organization: organization.to_owned(),
        report_type: row.report_type,
        colour: usual(&row.colour, USUAL_COLOUR),
        made_at: now,
        properties,
    }
}

fn kind(row: &report_export::Model) -> String {
    let about = if row.threat_model_id.is_some() { "Threat model" } else { "Portfolio" };
    match row.report_type {
        ReportType::Full => format!("{about} report"),
        other => format!("{about}: {} report", other.to_value()),
    }
}

/// The name of a way to score risks, for people.
fn scoring(method: &str) -> String {
    let known = ScoringMethod::iter().find(|one| one.to_value() == method);
    match known.map(|one| one.to_value()).as_deref() {
        Some("fair") => "FAIR".to_owned(),
        Some(name) if name.starts_with("owasp") => "OWASP Risk Rating".to_owned(),
        Some(name) if name.starts_with("mozilla") => "Mozilla RRA".to_owned(),
        Some(name) if name.starts_with("tm") => "TM-Library".to_owned(),
        _ => capitalised(method),
    }
}
