//! Choices about threat models and what they contain.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How much depends on a system or threat model, least first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum Criticality {
    #[sea_orm(string_value = "low")]
    Low,
    #[default]
    #[sea_orm(string_value = "medium")]
    Medium,
    #[sea_orm(string_value = "high")]
    High,
    #[sea_orm(string_value = "critical")]
    Critical,
}

/// The part of its life a system is in.
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
pub enum LifecycleState {
    #[default]
    #[sea_orm(string_value = "development")]
    Development,
    #[sea_orm(string_value = "production")]
    Production,
    #[sea_orm(string_value = "decommissioned")]
    Decommissioned,
}

/// The level of detail of a data flow diagram.
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
pub enum DiagramType {
    #[sea_orm(string_value = "context")]
    Context,
    #[default]
    #[sea_orm(string_value = "level1")]
    Level1,
    #[sea_orm(string_value = "level2")]
    Level2,
}

/// Where an integration takes its data from.
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
pub enum SourceType {
    #[sea_orm(string_value = "github")]
    Github,
    #[sea_orm(string_value = "cspm")]
    Cspm,
    #[sea_orm(string_value = "terraform")]
    Terraform,
    #[sea_orm(string_value = "sbom")]
    Sbom,
    #[sea_orm(string_value = "manual")]
    Manual,
}

/// Whether an integration works.
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
pub enum IntegrationStatus {
    #[default]
    #[sea_orm(string_value = "active")]
    Active,
    #[sea_orm(string_value = "inactive")]
    Inactive,
    #[sea_orm(string_value = "error")]
    Error,
}

/// How badly a loss of confidentiality, integrity or availability hurts, least first.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum ImpactLevel {
    #[sea_orm(string_value = "low")]
    Low,
    #[default]
    #[sea_orm(string_value = "medium")]
    Medium,
    #[sea_orm(string_value = "high")]
    High,
}

/// What a component does with a data asset.
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
pub enum DataState {
    #[sea_orm(string_value = "at_rest")]
    AtRest,
    #[default]
    #[sea_orm(string_value = "processed")]
    Processed,
}

/// How a data asset is protected in a flow.
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
pub enum ProtectionMethod {
    #[sea_orm(string_value = "encrypted")]
    Encrypted,
    #[sea_orm(string_value = "masked")]
    Masked,
    #[sea_orm(string_value = "tokenized")]
    Tokenized,
    #[sea_orm(string_value = "hashed")]
    Hashed,
    #[default]
    #[sea_orm(string_value = "none")]
    None,
}

/// How one threat model refers to another.
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
pub enum RelationType {
    #[default]
    #[sea_orm(string_value = "related_to")]
    RelatedTo,
    #[sea_orm(string_value = "depends_on")]
    DependsOn,
}
