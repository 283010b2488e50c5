//! The parts of report files.

use entity::{
    Document,
    choice::{ReportSection, ReportType},
};
use sea_orm::ActiveEnum as _;

/// The name of a section in requests and answers.
pub fn section_name(section: ReportSection) -> String {
    section.to_value()
}

/// What a report of a type about a model shows, in order.
pub const fn of_model(report_type: ReportType) -> &'static [ReportSection] {
    use ReportSection as S;
    match report_type {
        ReportType::Executive => &[S::Summary, S::Trends, S::Scope, S::Diagrams, S::Risks, S::Gaps],
        ReportType::Technical => &[
            S::Summary,
            S::Scope,
            S::Diagrams,
            S::Components,
            S::Threats,
            S::Risks,
            S::Gaps,
            S::Dismissed,
            S::Glossary,
        ],
        ReportType::Compliance => {
            &[S::Summary, S::Scope, S::Compliance, S::Mappings, S::Gaps, S::Glossary]
        }
        ReportType::Full => &[
            S::Summary,
            S::Trends,
            S::Scope,
            S::Diagrams,
            S::Components,
            S::Threats,
            S::Risks,
            S::Compliance,
            S::Mappings,
            S::Gaps,
            S::Dismissed,
            S::Glossary,
        ],
    }
}

pub(super) const fn of_organization(report_type: ReportType) -> &'static [ReportSection] {
    use ReportSection as S;
    match report_type {
        ReportType::Executive => &[S::Summary, S::Trends, S::Models],
        ReportType::Technical => &[S::Summary, S::Models, S::Gaps],
        ReportType::Compliance => &[S::Summary, S::Compliance, S::Gaps, S::Glossary],
        ReportType::Full => {
            &[S::Summary, S::Trends, S::Models, S::Gaps, S::Compliance, S::Glossary]
        }
    }
}

/// What the row shows, in order. What cannot be read shows nothing.
pub fn sections(document: &Document) -> Vec<ReportSection> {
    serde_json::from_value(document.0.clone()).unwrap_or_default()
}
