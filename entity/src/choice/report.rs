//! Choices about report files.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// The format of a report file.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[serde(rename_all = "snake_case")]
pub enum ReportFormat {
    /// Pages to read and print.
    #[sea_orm(string_value = "pdf")]
    Pdf,
    /// One page that needs nothing else.
    #[sea_orm(string_value = "html")]
    Html,
    /// Text with marks.
    #[sea_orm(string_value = "markdown")]
    Markdown,
    /// Tables, in a ZIP archive.
    #[sea_orm(string_value = "csv")]
    Csv,
    /// A workbook.
    #[sea_orm(string_value = "xlsx")]
    Xlsx,
    /// Everything, for programs.
    #[sea_orm(string_value = "json")]
    Json,
}

/// For whom a report file is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[serde(rename_all = "snake_case")]
pub enum ReportType {
    /// For those who decide: numbers, risks, gaps.
    #[sea_orm(string_value = "executive")]
    Executive,
    /// For those who build: components, threats, countermeasures.
    #[sea_orm(string_value = "technical")]
    Technical,
    /// For auditors: requirements and what fulfils them.
    #[sea_orm(string_value = "compliance")]
    Compliance,
    /// Everything.
    #[sea_orm(string_value = "full")]
    Full,
}

/// A part of a report file.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[serde(rename_all = "snake_case")]
pub enum ReportSection {
    /// The numbers, and charts of them.
    #[sea_orm(string_value = "summary")]
    Summary,
    /// How the numbers changed.
    #[sea_orm(string_value = "trends")]
    Trends,
    /// The threat models of an organization by risk.
    #[sea_orm(string_value = "models")]
    Models,
    /// What the model covers, assumes and leaves out.
    #[sea_orm(string_value = "scope")]
    Scope,
    /// The drawings.
    #[sea_orm(string_value = "diagrams")]
    Diagrams,
    /// Components, zones, data flows and data assets.
    #[sea_orm(string_value = "components")]
    Components,
    /// Threats by component, with countermeasures and mappings.
    #[sea_orm(string_value = "threats")]
    Threats,
    /// The risk register.
    #[sea_orm(string_value = "risks")]
    Risks,
    /// Requirements, what fulfils them, and how far.
    #[sea_orm(string_value = "compliance")]
    Compliance,
    /// How requirements of frameworks correspond.
    #[sea_orm(string_value = "mappings")]
    Mappings,
    /// Missing countermeasures and who owns them.
    #[sea_orm(string_value = "gaps")]
    Gaps,
    /// Threats that were set aside, and why.
    #[sea_orm(string_value = "dismissed")]
    Dismissed,
    /// What the words mean.
    #[sea_orm(string_value = "glossary")]
    Glossary,
}

/// How far a report file is.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[serde(rename_all = "snake_case")]
pub enum ExportState {
    /// It is being made.
    #[sea_orm(string_value = "pending")]
    Pending,
    /// It can be downloaded.
    #[sea_orm(string_value = "ready")]
    Ready,
    /// It cannot be made.
    #[sea_orm(string_value = "failed")]
    Failed,
}
