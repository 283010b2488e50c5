//! Choices about invitations, links and mails.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How an invitation to a team stands; an expired one stays `pending`, only its date counts.
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
pub enum InvitationStatus {
    #[default]
    #[sea_orm(string_value = "pending")]
    Pending,
    #[sea_orm(string_value = "accepted")]
    Accepted,
    #[sea_orm(string_value = "expired")]
    Expired,
    #[sea_orm(string_value = "revoked")]
    Revoked,
}

/// A part of a threat model that a link shows or leaves out.
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
pub enum Section {
    /// What the model is about, and its numbers.
    #[sea_orm(string_value = "summary")]
    Summary,
    /// The drawings.
    #[sea_orm(string_value = "diagram")]
    Diagram,
    /// The threats.
    #[sea_orm(string_value = "threats")]
    Threats,
    /// What is done about the threats.
    #[sea_orm(string_value = "countermeasures")]
    Countermeasures,
    /// Which requirements of frameworks are met.
    #[sea_orm(string_value = "compliance")]
    Compliance,
}

/// How far a mail is.
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
pub enum MailState {
    /// The mail server has not taken it yet.
    #[sea_orm(string_value = "waiting")]
    Waiting,
    /// It is being given to the mail server, which may have it already.
    #[sea_orm(string_value = "handing_over")]
    HandingOver,
    /// The mail server has taken it.
    #[sea_orm(string_value = "sent")]
    Sent,
    /// The mail server will not take it.
    #[sea_orm(string_value = "refused")]
    Refused,
    /// The mail server may have taken it; nobody knows.
    #[sea_orm(string_value = "unknown")]
    Unknown,
}
