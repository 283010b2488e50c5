//! Business units.

use aide::axum::ApiRouter;
use domain::{
    Scope, Transaction,
    organization::business_unit::check_parent,
    permission::{ReadOrganizations, WriteOrganizations},
};
use entity::{Id, business_unit, organization, team};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order};
use serde::Serialize;

use super::counted;
use crate::{
    input::{Body, Field, Filter, Sort, vouch},
    resource::{Draft, Resource, Row, routes as crud},
    state::AppState,
    wire::Timestamp,
};

type Column = business_unit::Column;

/// A part of an organization that groups its teams.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BusinessUnit {
    id: Id<business_unit::Entity>,
    organization: Id<organization::Entity>,
    name: String,
    /// Unique within the organization unless empty.
    code: String,
    description: String,
    /// The unit around it.
    parent: Option<Id<business_unit::Entity>>,
    /// Teams directly in the unit.
    team_count: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

struct BusinessUnits;

impl Resource for BusinessUnits {
    const NAME: &'static str = "BusinessUnit";
    const PATH: &'static str = "/api/business-units/";
    const TAG: &'static str = "Business units";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("organization", Column::OrganizationId, vouch::<organization::Entity>)
            .required(),
        Field::text("name", Column::Name, 255).required(),
        Field::text("code", Column::Code, 50),
        Field::long_text("description", Column::Description),
        Field::reference("parent", Column::ParentId, vouch::<business_unit::Entity>),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("organization", Column::OrganizationId, vouch::<organization::Entity>),
        Filter::reference("parent", Column::ParentId, vouch::<business_unit::Entity>),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Code];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("name", Column::Name), Sort::by("created_at", Column::CreatedAt)];
    const DEFAULT_ORDER: &'static [(Sort<Column>, Order)] =
        &[(Sort::by("name", Column::Name), Order::Asc)];
    const UNIQUE: &'static str = "organization, code";

    type Read = ReadOrganizations;
    type Write = WriteOrganizations;
    type Entity = business_unit::Entity;
    type View = BusinessUnit;
    type Item = BusinessUnit;

    async fn prepare(
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let Some(organization) = draft.organization_id.try_as_ref().copied() else {
            return Ok(());
        };
        let parent = draft.parent_id.try_as_ref().copied().flatten();
        check_parent(None, parent, organization, transaction.scope()).await
    }

    async fn changing(
        before: &Row<Self>,
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let moved = draft.organization_id.try_as_ref() != Some(&before.organization_id);
        super::refuse_moves([("organization", moved)])?;
        let parent = draft.parent_id.try_as_ref().copied().flatten();
        if parent == before.parent_id {
            return Ok(());
        }
        check_parent(Some(before.id), parent, before.organization_id, transaction.scope()).await
    }

    async fn views(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<BusinessUnit>> {
        use team::{Column as By, Entity};
        let teams =
            scope.find::<Entity>().filter(By::BusinessUnitId.is_in(rows.iter().map(|row| row.id)));
        let counts = counted(teams, By::BusinessUnitId).await?;
        let views = rows.into_iter().map(|row| BusinessUnit {
            team_count: counts.get(&row.id).copied().unwrap_or_default(),
            id: row.id,
            organization: row.organization_id,
            name: row.name,
            code: row.code,
            description: row.description,
            parent: row.parent_id,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        });
        Ok(views.collect())
    }

    async fn items(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<BusinessUnit>> {
        Self::views(rows, scope).await
    }
}

pub(super) fn routes() -> ApiRouter<AppState> {
    crud::<BusinessUnits>()
}
