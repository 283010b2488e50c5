//! Choices about packs and what they bring.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a countermeasure costs, least first.
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
pub enum ControlCost {
    #[sea_orm(string_value = "low")]
    Low,
    #[default]
    #[sea_orm(string_value = "medium")]
    Medium,
    #[sea_orm(string_value = "high")]
    High,
}

/// The status a library countermeasure starts with in a threat model.
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
pub enum DefaultStatus {
    #[default]
    #[sea_orm(string_value = "gap")]
    Gap,
    #[sea_orm(string_value = "platform")]
    Platform,
}

/// How much of a requirement a countermeasure covers.
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
pub enum Sufficiency {
    #[sea_orm(string_value = "full")]
    Full,
    #[default]
    #[sea_orm(string_value = "partial")]
    Partial,
}

/// What a pack mainly brings.
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
pub enum PackType {
    #[sea_orm(string_value = "technology")]
    Technology,
    #[sea_orm(string_value = "threat")]
    Threat,
    #[sea_orm(string_value = "countermeasure")]
    Countermeasure,
    #[sea_orm(string_value = "compliance")]
    Compliance,
    #[sea_orm(string_value = "template")]
    Template,
    #[sea_orm(string_value = "full")]
    Full,
    #[sea_orm(string_value = "taxonomy")]
    Taxonomy,
}

/// The plan a pack needs.
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
pub enum PackTier {
    #[default]
    #[sea_orm(string_value = "free")]
    Free,
    #[sea_orm(string_value = "premium")]
    Premium,
    #[sea_orm(string_value = "enterprise")]
    Enterprise,
}

/// Who vouches for a pack.
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
pub enum PackSource {
    #[sea_orm(string_value = "official")]
    Official,
    #[sea_orm(string_value = "partner")]
    Partner,
    #[default]
    #[sea_orm(string_value = "community")]
    Community,
    #[sea_orm(string_value = "private")]
    Private,
}

/// Whether a pack's overlay waits for one framework or for two.
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
pub enum OverlayKind {
    #[sea_orm(string_value = "framework")]
    Framework,
    #[sea_orm(string_value = "requirement")]
    Requirement,
}

/// The kind of a library component.
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
pub enum ComponentCategory {
    #[sea_orm(string_value = "process")]
    Process,
    #[sea_orm(string_value = "datastore")]
    Datastore,
    #[sea_orm(string_value = "external")]
    External,
    #[sea_orm(string_value = "human_actor")]
    HumanActor,
    #[sea_orm(string_value = "system_actor")]
    SystemActor,
}

/// Whether a library threat concerns a component, its flows or both.
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
pub enum AppliesTo {
    #[default]
    #[sea_orm(string_value = "component")]
    Component,
    #[sea_orm(string_value = "flow")]
    Flow,
    #[sea_orm(string_value = "both")]
    Both,
}
