//! An index over the jobs that wait, by whose turn it is.

use sea_orm_migration::{
    prelude::{ConnectionTrait as _, DbErr, MigrationName, MigrationTrait, SchemaManager},
    sea_orm::sea_query::{Alias, Index},
};

const BY_MOMENT: &str = "ix_job_state_run_at";
const BY_LANE: &str = "ix_job_lane";

/// Replaces the index over the moments of jobs by one over organizations, urgencies and moments.
pub(crate) struct Lanes;

impl MigrationName for Lanes {
    fn name(&self) -> &'static str {
        "m20261124_000020_lanes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Lanes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name(BY_MOMENT).table(Alias::new("job")).to_owned())
            .await?;
        let create = format!(
            "CREATE INDEX {BY_LANE} ON job (COALESCE(organization_id, 0), priority, run_at, id) \
             WHERE state = 'pending'"
        );
        manager.get_connection().execute_unprepared(&create).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(BY_LANE).table(Alias::new("job")).to_owned()).await?;
        let mut create = Index::create();
        create.name(BY_MOMENT).table(Alias::new("job"));
        create.col(Alias::new("state")).col(Alias::new("run_at"));
        manager.create_index(create).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
