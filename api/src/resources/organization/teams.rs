//! Teams.

use std::collections::HashMap;

use aide::axum::ApiRouter;
use domain::{
    Find, Scope, Transaction,
    organization::team as rules,
    permission::{ManageTeams, ReadOrganizations},
};
use entity::{Actor, Id, business_unit, choice::TeamRole, organization, team, team_member};
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, Order};
use serde::Serialize;

use super::counted;
use crate::{
    input::{Body, Field, Filter, Params, Sort, vouch},
    resource::{
        Draft, Resource, Row, collection, described_delete, handlers, kept_record, refusal,
    },
    routing::delete_with,
    state::AppState,
    wire::Timestamp,
};

type Column = team::Column;

/// A group of users that owns threat models.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Team")]
pub(super) struct View {
    id: Id<team::Entity>,
    organization: Id<organization::Entity>,
    business_unit: Option<Id<business_unit::Entity>>,
    business_unit_name: Option<String>,
    name: String,
    /// Unique within the organization unless empty.
    code: String,
    description: String,
    member_count: i64,
    /// Whether people who sign up into the organization join this team.
    is_default: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A team in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TeamItem")]
pub(super) struct Item {
    id: Id<team::Entity>,
    name: String,
    code: String,
    business_unit_name: Option<String>,
    member_count: i64,
    is_default: bool,
    /// Whether the caller belongs to it.
    is_member: bool,
}

pub(super) struct Teams;

impl Resource for Teams {
    const NAME: &'static str = "Team";
    const PATH: &'static str = "/api/teams/";
    const TAG: &'static str = "Teams";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("organization", Column::OrganizationId, vouch::<organization::Entity>)
            .required(),
        Field::reference("business_unit", Column::BusinessUnitId, vouch::<business_unit::Entity>),
        Field::text("name", Column::Name, 255).required(),
        Field::text("code", Column::Code, 50),
        Field::long_text("description", Column::Description),
        Field::flag("is_default", Column::IsDefault),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("organization", Column::OrganizationId, vouch::<organization::Entity>),
        Filter::reference("business_unit", Column::BusinessUnitId, vouch::<business_unit::Entity>),
        Filter::flag("is_default", Column::IsDefault),
    ];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Code];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("name", Column::Name), Sort::by("created_at", Column::CreatedAt)];
    const DEFAULT_ORDER: &'static [(Sort<Column>, Order)] =
        &[(Sort::by("name", Column::Name), Order::Asc)];
    const UNIQUE: &'static str = "organization, code";

    type Read = ReadOrganizations;
    type Write = ManageTeams;
    type Entity = team::Entity;
    type View = View;
    type Item = Item;

    /// `my_teams=true` leaves out the teams of others, except for the security team.
    async fn narrow<'c>(
        find: Find<'c, team::Entity>,
        params: &Params,
        scope: Scope<'c>,
    ) -> domain::Result<Find<'c, team::Entity>> {
        if !params.is_true("my_teams") {
            return Ok(find);
        }
        let actor = scope.actor();
        let own = actor.teams().iter().map(|membership| membership.team);
        Ok(find.filter(
            Condition::any()
                .add(Column::OrganizationId.is_in(actor.secured_organizations()))
                .add(Column::Id.is_in(own)),
        ))
    }

    async fn prepare(
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let Some(organization) = draft.organization_id.try_as_ref().copied() else {
            return Ok(());
        };
        check_unit(draft, organization, transaction.scope()).await
    }

    async fn changing(
        before: &Row<Self>,
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let moved = draft.organization_id.try_as_ref() != Some(&before.organization_id);
        super::refuse_moves([("organization", moved)])?;
        check_unit(draft, before.organization_id, transaction.scope()).await
    }

    /// Whoever makes a team leads it.
    async fn saved(
        before: Option<&Row<Self>>,
        row: &Row<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let (None, Some(user)) = (before, transaction.actor().user()) else {
            return Ok(());
        };
        let lead = team_member::ActiveModel {
            organization_id: Set(row.organization_id),
            team_id: Set(row.id),
            user_id: Set(user),
            role: Set(TeamRole::Lead),
            joined_at: Set(transaction.now()),
            ..Default::default()
        };
        transaction.insert(lead).await?;
        Ok(())
    }

    async fn delete(row: Row<Self>, transaction: &Transaction<'_>) -> domain::Result<()> {
        rules::delete(row, transaction).await
    }

    async fn views(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<View>> {
        let counts = member_counts(&rows, scope).await?;
        let units = unit_names(&rows, scope).await?;
        let views = rows.into_iter().map(|row| View {
            member_count: counts.get(&row.id).copied().unwrap_or_default(),
            business_unit_name: row.business_unit_id.and_then(|unit| units.get(&unit).cloned()),
            id: row.id,
            organization: row.organization_id,
            business_unit: row.business_unit_id,
            name: row.name,
            code: row.code,
            description: row.description,
            is_default: row.is_default,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        });
        Ok(views.collect())
    }

    async fn items(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<Item>> {
        let counts = member_counts(&rows, scope).await?;
        let units = unit_names(&rows, scope).await?;
        let items = rows.into_iter().map(|row| Item {
            member_count: counts.get(&row.id).copied().unwrap_or_default(),
            business_unit_name: row.business_unit_id.and_then(|unit| units.get(&unit).cloned()),
            is_member: belongs(scope.actor(), row.id),
            id: row.id,
            name: row.name,
            code: row.code,
            is_default: row.is_default,
        });
        Ok(items.collect())
    }
}

pub(super) fn routes() -> ApiRouter<AppState> {
    let record =
        kept_record::<Teams>().merge(delete_with(handlers::delete::<Teams>, |operation| {
            refusal(described_delete::<Teams>(operation), 409, "The team owns threat models.")
        }));
    ApiRouter::new()
        .api_route(Teams::PATH, collection::<Teams>())
        .api_route("/api/teams/{id}/", record)
}

fn belongs(actor: &Actor, team: Id<team::Entity>) -> bool {
    actor.role_in_team(team).is_some()
}

/// A unit must be one of the team's organization.
async fn check_unit(
    draft: &Draft<Teams>,
    organization: Id<organization::Entity>,
    scope: Scope<'_>,
) -> domain::Result<()> {
    let Some(unit) = draft.business_unit_id.try_as_ref().copied().flatten() else {
        return Ok(());
    };
    if scope.get(unit).await?.organization_id == organization {
        return Ok(());
    }
    let text = format!("Invalid pk \"{unit}\" - object does not exist.");
    Err(domain::Error::invalid("business_unit", text))
}

async fn member_counts(
    rows: &[team::Model],
    scope: Scope<'_>,
) -> domain::Result<HashMap<Id<team::Entity>, i64>> {
    use team_member::{Column as By, Entity};
    let members = scope.find::<Entity>().filter(By::TeamId.is_in(rows.iter().map(|row| row.id)));
    counted(members, By::TeamId).await
}

async fn unit_names(
    rows: &[team::Model],
    scope: Scope<'_>,
) -> domain::Result<HashMap<Id<business_unit::Entity>, String>> {
    let units = rows.iter().filter_map(|row| row.business_unit_id);
    scope.lookup(units, business_unit::Column::Name).await
}
