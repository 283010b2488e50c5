//! Choices about accounts.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// What a one-time link sent by mail is good for.
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
pub enum TokenPurpose {
    #[sea_orm(string_value = "password_reset")]
    PasswordReset,
    #[sea_orm(string_value = "verify_email")]
    VerifyEmail,
}

/// What a personal token is good for.
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
pub enum TokenScope {
    /// Operations that read.
    #[sea_orm(string_value = "read")]
    Read,
    /// All operations but those on the account itself.
    #[sea_orm(string_value = "write")]
    Write,
}

/// How something that was tried ended.
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
pub enum AuditOutcome {
    /// It was done.
    #[sea_orm(string_value = "done")]
    Done,
    /// Whoever asked was not allowed to.
    #[sea_orm(string_value = "refused")]
    Refused,
}
