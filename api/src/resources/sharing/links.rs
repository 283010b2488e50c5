use std::collections::HashMap;

use aide::axum::ApiRouter;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Result, Scope, Transaction,
    link::share_path,
    permission::{ReadModels, WriteModels},
    sharing::{Sections, magic_link as rules},
};
use entity::{
    Id,
    choice::Section,
    magic_link::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use schemars::JsonSchema;
use sea_orm::{ColumnTrait, Order};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::wishes::{MagicLinkChange, NewMagicLink, wishes};
use crate::{
    error::{Error, Result as Answer},
    extract::Allowed,
    input::{Body, Field, Filter, Mode, Sort, vouch},
    resource::{
        Resource, Sorting, describe, described_change, described_create, described_delete,
        described_replace, described_retrieve,
        handlers::{change_row, create_row},
        json_body, listing,
    },
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
    wire::Timestamp,
};

/// Links to threat models. Whoever may change a model may share it.
struct MagicLinks;

/// A link that shows a threat model to anyone who holds it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MagicLink {
    id: Uuid,
    threat_model: Id<threat_model::Entity>,
    threat_model_name: String,
    /// The last part of the link.
    token: String,
    /// Below the address of the front end.
    url: String,
    /// 30 days after creation unless another time was chosen.
    expires_at: Timestamp,
    /// How often the link was opened.
    accessed_count: i32,
    /// Whether it shows nothing any more.
    is_revoked: bool,
    /// Whether it opens with a password only.
    has_password: bool,
    /// What it shows.
    sections: Vec<Section>,
    /// Addresses to which it was sent.
    recipients: Vec<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Resource for MagicLinks {
    const NAME: &'static str = "MagicLink";
    const PATH: &'static str = "/api/magic-links/";
    const TAG: &'static str = "Magic links";
    const FIELDS: &'static [Field<Column>] =
        &[Field::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>)
            .required()];
    const FILTERS: &'static [Filter<Column>] = &[
        Filter::reference("threat_model", Column::ThreatModelId, vouch::<threat_model::Entity>),
        Filter::flag("is_revoked", Column::IsRevoked),
    ];
    const DEFAULT_ORDER: &'static [Sorting<Self>] =
        &[(Sort::by("created_at", Column::CreatedAt), Order::Desc)];

    type Read = ReadModels;
    type Write = WriteModels;
    type Entity = Entity;
    type View = MagicLink;
    type Item = MagicLink;

    async fn prepare(
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        rules::prepare(draft, transaction).await
    }

    async fn changing(
        _: &Model,
        draft: &mut ActiveModel,
        _: &Body,
        transaction: &Transaction<'_>,
    ) -> Result<()> {
        rules::follow_model(draft, transaction.scope()).await
    }

    async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<MagicLink>> {
        let models = rows.iter().map(|row| row.threat_model_id);
        let names: HashMap<_, String> = scope.lookup(models, threat_model::Column::Name).await?;
        rows.into_iter().map(|row| link(row, &names, scope)).collect()
    }

    async fn items(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<MagicLink>> {
        Self::views(rows, scope).await
    }
}

fn link(
    row: Model,
    names: &HashMap<Id<threat_model::Entity>, String>,
    scope: Scope<'_>,
) -> Result<MagicLink> {
    let token = rules::token(scope.vault(), &row)?;
    Ok(MagicLink {
        has_password: row.password_hash.is_some(),
        sections: Sections::from(&row.sections).list().to_vec(),
        recipients: rules::recipients(&row),
        id: row.id,
        threat_model: row.threat_model_id,
        threat_model_name: names.get(&row.threat_model_id).cloned().unwrap_or_default(),
        url: share_path(&token),
        token,
        expires_at: row.expires_at.into(),
        accessed_count: row.accessed_count,
        is_revoked: row.is_revoked,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// The link that a path names.
#[derive(Deserialize, JsonSchema)]
struct LinkPath {
    #[schemars(with = "Uuid")]
    id: String,
}

impl LinkPath {
    /// A malformed id names nothing.
    fn id(&self) -> Answer<Uuid> {
        self.id.parse().map_err(|_| Error::not_found())
    }
}

/// An answer in a word.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MagicLinkStatus")]
struct Status {
    /// `revoked`.
    status: &'static str,
}

async fn view(row: Model, scope: Scope<'_>) -> Answer<Json<MagicLink>> {
    let mut views = MagicLinks::views(vec![row], scope).await?;
    views.pop().map(Json).ok_or_else(Error::not_found)
}

async fn create(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    body: Body,
) -> Answer<(StatusCode, Json<MagicLink>)> {
    let wishes = wishes(&body, state.accounts.passwords()).await?;
    let transaction = state.store.write(&actor).await?;
    let row = create_row::<MagicLinks>(&body, &transaction).await?;
    let row = rules::grant(&transaction, row, wishes, state.limits.mails()).await?;
    let view = view(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok((StatusCode::CREATED, view))
}

async fn retrieve(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Path(path): Path<LinkPath>,
) -> Answer<Json<MagicLink>> {
    let scope = state.store.read(&actor);
    view(rules::get(scope, path.id()?).await?, scope).await
}

async fn replace(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Path(path): Path<LinkPath>,
    body: Body,
) -> Answer<Json<MagicLink>> {
    save(&state, &actor, path.id()?, &body, Mode::Replace).await
}

async fn change(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Path(path): Path<LinkPath>,
    body: Body,
) -> Answer<Json<MagicLink>> {
    save(&state, &actor, path.id()?, &body, Mode::Change).await
}

async fn save(
    state: &AppState,
    actor: &Allowed<WriteModels>,
    id: Uuid,
    body: &Body,
    mode: Mode,
) -> Answer<Json<MagicLink>> {
    let wishes = wishes(body, state.accounts.passwords()).await?;
    let transaction = state.store.write(actor).await?;
    let before = rules::get(transaction.scope(), id).await?;
    let row = change_row::<MagicLinks>(before, body, mode, &transaction).await?;
    let row = rules::grant(&transaction, row, wishes, state.limits.mails()).await?;
    let view = view(row, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(view)
}

async fn delete(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Path(path): Path<LinkPath>,
) -> Answer<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    if transaction.delete_where::<Entity>(Column::Id.eq(path.id()?)).await? == 0 {
        return Err(Error::not_found());
    }
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn revoke(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Path(path): Path<LinkPath>,
) -> Answer<Json<Status>> {
    let transaction = state.store.write(&actor).await?;
    rules::revoke(&transaction, path.id()?).await?;
    transaction.commit().await?;
    Ok(Json(Status { status: "revoked" }))
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            MagicLinks::PATH,
            listing::<MagicLinks>().merge(post_with(create, |operation| {
                let operation = described_create::<MagicLinks>(operation).description(
                    "For those who may change the model. Names of recipients have the link sent \
                     to them; a failed mail is shown among the jobs.",
                );
                json_body::<NewMagicLink>(operation)
            })),
        )
        .api_route(
            "/api/magic-links/{id}/",
            get_with(retrieve, described_retrieve::<MagicLinks>)
                .merge(put_with(replace, |operation| {
                    json_body::<NewMagicLink>(described_replace::<MagicLinks>(operation))
                }))
                .merge(patch_with(change, |operation| {
                    json_body::<MagicLinkChange>(described_change::<MagicLinks>(operation))
                }))
                .merge(delete_with(delete, described_delete::<MagicLinks>)),
        )
        .api_route(
            "/api/magic-links/{id}/revoke/",
            post_with(revoke, |operation| {
                describe(operation, "revokeMagicLink", MagicLinks::TAG)
                    .summary("Revoke a link")
                    .description("The link shows nothing any more. Revoking again changes nothing.")
            }),
        )
}
