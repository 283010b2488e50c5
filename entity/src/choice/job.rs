//! Choices about jobs.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

/// How far a job is; the last three are final.
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
pub enum JobState {
    #[default]
    #[sea_orm(string_value = "pending")]
    Pending,
    #[sea_orm(string_value = "queued")]
    Queued,
    #[sea_orm(string_value = "running")]
    Running,
    #[sea_orm(string_value = "done")]
    Done,
    #[sea_orm(string_value = "failed")]
    Failed,
    #[sea_orm(string_value = "cancelled")]
    Cancelled,
}

impl JobState {
    /// States in which something more happens.
    pub const UNFINISHED: [Self; 3] = [Self::Pending, Self::Queued, Self::Running];

    /// States in which nothing more happens.
    pub const SETTLED: [Self; 3] = [Self::Done, Self::Failed, Self::Cancelled];
}

/// The name by which the state is stored and shown.
impl std::fmt::Display for JobState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&sea_orm::ActiveEnum::to_value(self))
    }
}
