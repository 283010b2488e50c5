use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{Error, Result, Scope, Transaction, permission};
use entity::{
    Id, choice, countermeasure_library,
    countermeasure_standard::{self, ActiveModel, Column, Entity, Model},
    framework, requirement,
};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use super::{TAG, requirements};
use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{self, Resource, Sorting},
    state::AppState,
};

/// Which countermeasures fulfil which requirements.
pub struct CountermeasureStandards;

/// A library countermeasure and a requirement that it fulfils.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CountermeasureStandard")]
pub struct View {
    id: Id<Entity>,
    countermeasure_library: Id<countermeasure_library::Entity>,
    requirement: Id<requirement::Entity>,
    /// The section of the framework.
    requirement_code: String,
    framework_name: String,
    /// Whether it fulfils the requirement alone.
    sufficiency: choice::Sufficiency,
}

impl Resource for CountermeasureStandards {
    const NAME: &'static str = "CountermeasureStandard";
    const PATH: &'static str = "/api/countermeasure-standards/";
    const TAG: &'static str = TAG;
    const UNIQUE: &'static str = "countermeasure_library, requirement";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference(
            "countermeasure_library",
            Column::CountermeasureLibraryId,
            vouch::<countermeasure_library::Entity>,
        )
        .required(),
        Field::reference("requirement", Column::RequirementId, vouch::<requirement::Entity>)
            .required(),
        Field::choice::<choice::Sufficiency>("sufficiency", Column::Sufficiency, "partial"),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference(
            "countermeasure_library",
            Column::CountermeasureLibraryId,
            vouch::<countermeasure_library::Entity>,
        ),
        Filter::reference("requirement", Column::RequirementId, vouch::<requirement::Entity>),
        Filter::choice::<choice::Sufficiency>("sufficiency", Column::Sufficiency),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] = &[(Sort::by("id", Column::Id), Order::Asc)];

    type Read = permission::ReadLibrary;
    type Write = permission::WriteLibrary;
    type Entity = countermeasure_standard::Entity;
    type View = View;
    type Item = View;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        join(draft, transaction).await
    }

    async fn changing(
        _: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        join(draft, transaction).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        let ids = rows.iter().map(|row| row.requirement_id);
        let places: HashMap<_, _> = requirements::places(scope, ids).await?;
        let view = |row: Model| {
            let place = places.get(&row.requirement_id).cloned().unwrap_or_default();
            View {
                id: row.id,
                countermeasure_library: row.countermeasure_library_id,
                requirement: row.requirement_id,
                requirement_code: place.section_code,
                framework_name: place.framework_name,
                sufficiency: row.sufficiency,
            }
        };
        Ok(rows.into_iter().map(view).collect())
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
        Self::views(rows, scope).await
    }
}

/// Puts the mapping into the organization of its countermeasure, to which the requirement must
/// belong, too.
async fn join(draft: &mut ActiveModel, transaction: &Transaction<'_>) -> Result<()> {
    let scope = transaction.scope();
    let countermeasure = scope.get(draft.countermeasure_library_id.clone().unwrap()).await?;
    let requirement = scope.get(draft.requirement_id.clone().unwrap()).await?;
    let framework: framework::Model = scope.get(requirement.framework_id).await?;
    if framework.organization_id != countermeasure.organization_id {
        let text = format!("Invalid pk \"{}\" - object does not exist.", requirement.id);
        return Err(Error::invalid("requirement", text));
    }
    draft.organization_id = Set(countermeasure.organization_id);
    Ok(())
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    resource::routes::<CountermeasureStandards>()
}
