//! Choices about risks.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How the inherent score of a risk comes about.
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
pub enum ScoringMethod {
    #[default]
    #[sea_orm(string_value = "tm_library")]
    TmLibrary,
    #[sea_orm(string_value = "fair")]
    Fair,
    #[sea_orm(string_value = "owasp_rr")]
    OwaspRr,
    #[sea_orm(string_value = "mozilla_rra")]
    MozillaRra,
    #[sea_orm(string_value = "custom")]
    Custom,
}

/// The band a risk's score falls into, least first.
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
pub enum RiskLevel {
    #[sea_orm(string_value = "low")]
    Low,
    #[sea_orm(string_value = "medium")]
    Medium,
    #[sea_orm(string_value = "high")]
    High,
    #[sea_orm(string_value = "critical")]
    Critical,
}
