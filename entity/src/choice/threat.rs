//! Choices about threats and countermeasures.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How grave a threat is, least first.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[sea_orm(rs_type = "String", db_type = "String(StringLen::None)")]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    #[sea_orm(string_value = "low")]
    Low,
    #[sea_orm(string_value = "medium")]
    Medium,
    #[sea_orm(string_value = "high")]
    High,
    #[sea_orm(string_value = "critical")]
    Critical,
}

/// How far a threat is countered, worst first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum ThreatStatus {
    #[default]
    #[sea_orm(string_value = "exposed")]
    Exposed,
    #[sea_orm(string_value = "addressable")]
    Addressable,
    #[sea_orm(string_value = "mitigated")]
    Mitigated,
}

/// How far a countermeasure is in place.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum CountermeasureStatus {
    #[default]
    #[sea_orm(string_value = "gap")]
    Gap,
    #[sea_orm(string_value = "planned")]
    Planned,
    #[sea_orm(string_value = "verified")]
    Verified,
    #[sea_orm(string_value = "waived")]
    Waived,
    #[sea_orm(string_value = "platform")]
    Platform,
}

/// How a countermeasure is verified.
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
pub enum VerificationMethod {
    #[sea_orm(string_value = "pentest")]
    Pentest,
    #[sea_orm(string_value = "auto")]
    Auto,
    #[sea_orm(string_value = "code_review")]
    CodeReview,
}

/// Whether a penetration test's finding was predicted by the threat model.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum ReconciliationStatus {
    #[sea_orm(string_value = "matched")]
    Matched,
    #[default]
    #[sea_orm(string_value = "unpredicted")]
    Unpredicted,
    #[sea_orm(string_value = "false_positive")]
    FalsePositive,
}
