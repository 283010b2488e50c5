//! Memberships of organizations as records.

use aide::axum::ApiRouter;
use domain::{
    Scope, Transaction,
    organization::membership,
    permission::{ReadOrganizations, WriteOrganizations},
};
use entity::{Id, Ref, choice::OrganizationRole, organization, organization_member, user};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use sea_orm::{ActiveValue::Set, Order};
use serde::Serialize;

use super::organization_names;
use crate::{
    input::{Body, Field, Filter, Sort, vouch, vouch_colleague},
    resource::{Draft, Resource, Row, routes as crud},
    state::AppState,
    wire::Timestamp,
};

type Column = organization_member::Column;

/// Who belongs to which organization.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Membership {
    id: Id<organization_member::Entity>,
    organization: Id<organization::Entity>,
    organization_name: String,
    user: Id<user::Entity>,
    user_email: String,
    role: OrganizationRole,
    joined_at: Timestamp,
    created_at: Timestamp,
    updated_at: Timestamp,
}

pub(super) struct Memberships;

/// Any account may be made a member.
fn vouch_account(scope: Scope<'_>, key: i64) -> BoxFuture<'_, domain::Result<bool>> {
    Box::pin(async move { Ok(scope.account(Ref::new(key)).await?.is_some()) })
}

impl Resource for Memberships {
    const NAME: &'static str = "Membership";
    const PATH: &'static str = "/api/memberships/";
    const TAG: &'static str = "Memberships";
    const FIELDS: &'static [Field<Column>] = &[
        Field::reference("organization", Column::OrganizationId, vouch::<organization::Entity>)
            .required(),
        Field::reference("user", Column::UserId, vouch_account).required(),
        Field::choice::<OrganizationRole>("role", Column::Role, "member"),
    ];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("organization", Column::OrganizationId, vouch::<organization::Entity>),
        Filter::reference("user", Column::UserId, vouch_colleague),
        Filter::choice::<OrganizationRole>("role", Column::Role),
    ];
    const DEFAULT_ORDER: &'static [(Sort<Column>, Order)] = &[
        (Sort::by("organization", Column::OrganizationId), Order::Asc),
        (Sort::by("user", Column::UserId), Order::Asc),
    ];
    const UNIQUE: &'static str = "organization, user";

    type Read = ReadOrganizations;
    type Write = WriteOrganizations;
    type Entity = organization_member::Entity;
    type View = Membership;
    type Item = Membership;

    async fn prepare(
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        draft.joined_at = Set(transaction.now());
        Ok(())
    }

    async fn changing(
        before: &Row<Self>,
        draft: &mut Draft<Self>,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> domain::Result<()> {
        let fixed = [
            ("organization", draft.organization_id.try_as_ref() != Some(&before.organization_id)),
            ("user", draft.user_id.try_as_ref() != Some(&before.user_id)),
        ];
        super::refuse_moves(fixed)?;
        let role = draft.role.try_as_ref().copied().unwrap_or(before.role);
        membership::check_role_change(before, role, transaction).await
    }

    async fn delete(row: Row<Self>, transaction: &Transaction<'_>) -> domain::Result<()> {
        membership::remove(row, transaction).await
    }

    async fn views(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<Membership>> {
        let people = scope.people(rows.iter().map(|row| row.user_id)).await?;
        let names = organization_names(scope, rows.iter().map(|row| row.organization_id)).await?;
        let views = rows.into_iter().map(|row| Membership {
            organization_name: names.get(&row.organization_id).cloned().unwrap_or_default(),
            user_email: people
                .get(&row.user_id)
                .map(|person| person.email.clone())
                .unwrap_or_default(),
            id: row.id,
            organization: row.organization_id,
            user: row.user_id,
            role: row.role,
            joined_at: row.joined_at.into(),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        });
        Ok(views.collect())
    }

    async fn items(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<Membership>> {
        Self::views(rows, scope).await
    }
}

pub(super) fn routes() -> ApiRouter<AppState> {
    crud::<Memberships>()
}
