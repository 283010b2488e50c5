//! Organizations and their members.

use aide::axum::ApiRouter;
use axum::{Json, extract::State, http::StatusCode};
use domain::{
    Scope, Transaction,
    organization::{membership, workspace},
    permission::{ReadOrganizations, WriteOrganizations},
};
use entity::{
    Id,
    choice::{OrganizationRole, Plan},
    organization, organization_member, user,
};
use schemars::JsonSchema;
use sea_orm::{ActiveModelTrait, ColumnTrait, Order};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    counted,
    memberships::{Membership, Memberships},
};
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::{Body, Field, Filter, Mode, Sort, read_fields},
    resource::{
        Draft, Resource, Row, describe, described_create, handlers, json_body, listing, record,
    },
    routing::{get_with, post_with},
    state::AppState,
    wire::Timestamp,
};

type Column = organization::Column;

/// A tenant.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Organization")]
pub(super) struct View {
    id: Id<organization::Entity>,
    name: String,
    /// The internet domain.
    domain: String,
    plan: Plan,
    /// What its business units are called.
    business_unit_label: String,
    /// Whether the security team gets a mail with numbers every week.
    weekly_digest: bool,
    /// After how many days entries of the audit log are removed; 0 for never.
    audit_retention_days: i32,
    member_count: i64,
    /// The role of the caller.
    my_role: Option<OrganizationRole>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A tenant in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OrganizationItem")]
pub(super) struct Item {
    id: Id<organization::Entity>,
    name: String,
    plan: Plan,
    /// The role of the caller.
    my_role: Option<OrganizationRole>,
}

/// A member of an organization.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OrganizationMember")]
struct Member {
    id: Id<organization_member::Entity>,
    user: Id<user::Entity>,
    user_email: String,
    role: OrganizationRole,
    joined_at: Timestamp,
}

/// A user and a role.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct NewMember {
    user: i64,
    role: Option<OrganizationRole>,
}

/// A user.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes the body, which is read field by field")]
struct SomeUser {
    user: i64,
}

struct Organizations;

impl Resource for Organizations {
    const NAME: &'static str = "Organization";
    const PATH: &'static str = "/api/organizations/";
    const TAG: &'static str = "Organizations";
    const FIELDS: &'static [Field<Column>] = &[
        Field::text("name", Column::Name, 255).required(),
        Field::text("domain", Column::Domain, 255),
        Field::choice::<Plan>("plan", Column::Plan, "free"),
        Field::text("business_unit_label", Column::BusinessUnitLabel, 50)
            .or(crate::input::Absent::Text("Business Unit")),
        Field::flag("weekly_digest", Column::WeeklyDigest)
            .note("Whether the security team gets a mail with numbers every week."),
        Field::integer("audit_retention_days", Column::AuditRetentionDays, (0, 3650), 0)
            .note("After how many days entries of the audit log are removed; 0 for never."),
    ];
    const FILTERS: &'static [Filter<Column>] = &[Filter::choice::<Plan>("plan", Column::Plan)];
    const SEARCH: &'static [Column] = &[Column::Name, Column::Domain];
    const ORDERING: &'static [Sort<Column>] =
        &[Sort::by("name", Column::Name), Sort::by("created_at", Column::CreatedAt)];
    const DEFAULT_ORDER: &'static [(Sort<Column>, Order)] =
        &[(Sort::by("name", Column::Name), Order::Asc)];

    type Read = ReadOrganizations;
    type Write = WriteOrganizations;
    type Entity = organization::Entity;
    type View = View;
    type Item = Item;

    async fn prepare(_: &mut Draft<Self>, _: &Body, _: &Transaction<'_>) -> domain::Result<()> {
        Ok(())
    }

    async fn views(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<View>> {
        use organization_member::{Column as By, Entity};
        let members =
            scope.find::<Entity>().filter(By::OrganizationId.is_in(rows.iter().map(|row| row.id)));
        let counts = counted(members, By::OrganizationId).await?;
        let views = rows.into_iter().map(|row| View {
            member_count: counts.get(&row.id).copied().unwrap_or_default(),
            my_role: scope.actor().role_in(row.id),
            id: row.id,
            name: row.name,
            domain: row.domain,
            plan: row.plan,
            business_unit_label: row.business_unit_label,
            weekly_digest: row.weekly_digest,
            audit_retention_days: row.audit_retention_days,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        });
        Ok(views.collect())
    }

    async fn items(rows: Vec<Row<Self>>, scope: Scope<'_>) -> domain::Result<Vec<Item>> {
        let items = rows.into_iter().map(|row| Item {
            my_role: scope.actor().role_in(row.id),
            id: row.id,
            name: row.name,
            plan: row.plan,
        });
        Ok(items.collect())
    }
}

pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            Organizations::PATH,
            listing::<Organizations>().merge(post_with(create, |operation| {
                described_create::<Organizations>(operation)
                    .description("The caller becomes its security team.")
            })),
        )
        .api_route("/api/organizations/{id}/", record::<Organizations>())
        .api_route(
            "/api/organizations/{id}/members/",
            get_with(members, |operation| {
                describe(operation, "listOrganizationMembers", Organizations::TAG)
                    .summary("Members of an organization")
            }),
        )
        .api_route(
            "/api/organizations/{id}/add-member/",
            post_with(add_member, |operation| {
                let operation = describe(operation, "addOrganizationMember", Organizations::TAG)
                    .summary("Add an account to an organization")
                    .response::<201, Json<Membership>>();
                json_body::<NewMember>(operation)
            }),
        )
        .api_route(
            "/api/organizations/{id}/remove-member/",
            post_with(remove_member, |operation| {
                let operation = describe(operation, "removeOrganizationMember", Organizations::TAG)
                    .summary("Remove a member from an organization")
                    .description("The last one of the security team cannot be removed.")
                    .response_with::<204, (), _>(|response| response.description("Removed."));
                json_body::<SomeUser>(operation)
            }),
        )
}

/// The new organization is nobody's yet, so it is made with the rules of workspaces.
async fn create(
    State(state): State<AppState>,
    actor: Allowed<WriteOrganizations>,
    body: Body,
) -> Result<(StatusCode, Json<View>)> {
    let scope = state.store.read(&actor);
    let values = read_fields(Organizations::FIELDS, &body, Mode::Create, scope).await?;
    let mut draft = organization::ActiveModel { ..Default::default() };
    for (column, value) in values {
        draft.try_set(column, value).map_err(domain::Error::from)?;
    }
    let made = workspace::create(&state.store, &actor, new_organization(&draft)).await?;
    let view = View {
        id: made.id,
        name: made.name,
        domain: made.domain,
        plan: made.plan,
        business_unit_label: made.business_unit_label,
        weekly_digest: made.weekly_digest,
        audit_retention_days: made.audit_retention_days,
        member_count: 1,
        my_role: Some(OrganizationRole::SecurityTeam),
        created_at: made.created_at.into(),
        updated_at: made.updated_at.into(),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

fn new_organization(draft: &Draft<Organizations>) -> workspace::NewOrganization {
    workspace::NewOrganization {
        name: draft.name.try_as_ref().cloned().unwrap_or_default(),
        domain: draft.domain.try_as_ref().cloned().unwrap_or_default(),
        plan: draft.plan.try_as_ref().copied().unwrap_or_default(),
        business_unit_label: draft.business_unit_label.try_as_ref().cloned(),
        weekly_digest: draft.weekly_digest.try_as_ref().copied().unwrap_or_default(),
        audit_retention_days: draft.audit_retention_days.try_as_ref().copied().unwrap_or_default(),
    }
}

async fn members(
    State(state): State<AppState>,
    actor: Allowed<ReadOrganizations>,
    Key(organization): Key<organization::Entity>,
) -> Result<Json<Vec<Member>>> {
    use organization_member::{Column as By, Entity};
    let scope = state.store.read(&actor);
    let organization = scope.known(organization).await?;
    let rows = scope
        .find::<Entity>()
        .filter(By::OrganizationId.eq(organization))
        .ascending([By::Id])
        .all()
        .await?;
    let people = scope.people(rows.iter().map(|row| row.user_id)).await?;
    let members = rows.into_iter().map(|row| Member {
        user_email: people.get(&row.user_id).map(|person| person.email.clone()).unwrap_or_default(),
        id: row.id,
        user: row.user_id,
        role: row.role,
        joined_at: row.joined_at.into(),
    });
    Ok(Json(members.collect()))
}

async fn add_member(
    State(state): State<AppState>,
    actor: Allowed<WriteOrganizations>,
    Key(organization): Key<organization::Entity>,
    body: Body,
) -> Result<(StatusCode, Json<Membership>)> {
    let transaction = state.store.write(&actor).await?;
    let organization = transaction.scope().get_writable(organization).await?.id;
    let nobody = matches!(body.get("user"), None | Some(Value::Null));
    if nobody {
        let text = "This field may not be null.";
        return Err(domain::Error::invalid("user", text).into());
    }
    let body = membership_body(&body, organization);
    let row = handlers::create_row::<Memberships>(&body, &transaction).await?;
    let view = handlers::view::<Memberships>(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, Json(view)))
}

fn membership_body(body: &Body, organization: Id<organization::Entity>) -> Body {
    let mut fields = Map::new();
    fields.insert("organization".to_owned(), json!(organization));
    for name in ["user", "role"] {
        if let Some(value) = body.get(name) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    Body::from(fields)
}

async fn remove_member(
    State(state): State<AppState>,
    actor: Allowed<WriteOrganizations>,
    Key(organization): Key<organization::Entity>,
    body: Body,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let organization = transaction.scope().get_writable(organization).await?.id;
    let user = body.reference::<user::Entity>("user")?.map(|user| Id::trusted(user.key()));
    let member = match user {
        Some(user) => membership::of(organization, user, transaction.scope()).await?,
        None => None,
    };
    let Some(member) = member else {
        let detail = json!({"detail": "Member not found"});
        return Err(Error::Answer(StatusCode::NOT_FOUND, Box::new(detail)));
    };
    membership::remove(member, &transaction).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
