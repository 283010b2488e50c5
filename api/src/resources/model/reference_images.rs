use aide::{
    axum::{ApiRouter, routing::ApiMethodRouter},
    transform::TransformOperation,
};
use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
};
use domain::{
    Find, Scope,
    model::images::{self, Image},
    permission::{ReadModels, WriteModels},
};
use entity::{
    Id, Names,
    reference_image::{ActiveModel, Column, Entity, Model},
    threat_model, user,
};
use schemars::JsonSchema;
use sea_orm::{ActiveModelTrait, ColumnTrait, IntoActiveModel, Order};
use serde::Serialize;

use super::{
    image_form::{self, Presence},
    media::{Addresses, discard, keep},
};
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key, KeyBelow},
    input::{Field, Mode, Params, Sort, Upload, When, ordered, read_fields},
    resource::{
        Page, answer, below::known, describe, json_body, page_of, page_parameter, query_parameter,
    },
    router::IMAGE_LIMIT,
    routing::{delete_with, get_with, patch_with, post_with, put_with},
    state::AppState,
    wire::Timestamp,
};

const TAG: &str = "Reference images";

/// A picture that explains a threat model.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceImage {
    id: Id<Entity>,
    threat_model: Id<threat_model::Entity>,
    /// Address of the file. It can be read without login for 15 minutes.
    image: String,
    /// The same without the host.
    image_url: String,
    filename: String,
    description: String,
    /// Position among the images, lowest first.
    display_order: i32,
    uploaded_by: Option<Id<user::Entity>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uploaded_by_email: Option<String>,
    created_at: Timestamp,
}

impl ReferenceImage {
    /// An image with addresses made for one answer.
    pub(super) fn new(image: Image, addresses: &Addresses) -> Self {
        let Image { row, uploaded_by_email } = image;
        let (image_url, image) = addresses.of(&row.storage_key);
        Self {
            id: row.id,
            threat_model: row.threat_model_id,
            image,
            image_url,
            filename: row.filename,
            description: row.description,
            display_order: row.display_order,
            uploaded_by: row.uploaded_by_id,
            uploaded_by_email,
            created_at: row.created_at.into(),
        }
    }
}

const FIELDS: &[Field<Column>] = &[
    Field::text("filename", Column::Filename, 255).required(),
    Field::long_text("description", Column::Description),
    Field::integer("display_order", Column::DisplayOrder, (0, i32::MAX as i64), 0)
        .only(When::Change),
];

const ORDERING: &[Sort<Column>] = &[
    Sort::by("id", Column::Id),
    Sort::by("threat_model", Column::ThreatModelId),
    Sort::by("filename", Column::Filename),
    Sort::by("description", Column::Description),
    Sort::by("display_order", Column::DisplayOrder),
    Sort::by("uploaded_by", Column::UploadedById),
    Sort::by("created_at", Column::CreatedAt),
];

const DEFAULT_ORDER: &[(Sort<Column>, Order)] = &[
    (Sort::by("display_order", Column::DisplayOrder), Order::Asc),
    (Sort::by("created_at", Column::CreatedAt), Order::Desc),
];

async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    addresses: Addresses,
    params: Params,
) -> Result<Json<Page<ReferenceImage>>> {
    let scope = state.store.read(&actor);
    listed(scope.find(), &params, &addresses, scope).await
}

async fn list_of_model(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(model): Key<threat_model::Entity>,
    addresses: Addresses,
    params: Params,
) -> Result<Json<Page<ReferenceImage>>> {
    let scope = state.store.read(&actor);
    let model = scope.known(model).await?;
    let find = scope.find().filter(Column::ThreatModelId.eq(model));
    listed(find, &params, &addresses, scope).await
}

async fn listed(
    find: Find<'_, Entity>,
    params: &Params,
    addresses: &Addresses,
    scope: Scope<'_>,
) -> Result<Json<Page<ReferenceImage>>> {
    let find = ordered(find, ORDERING, DEFAULT_ORDER, params);
    let (rows, place) = page_of(find, params).await?;
    Ok(Json(place.page(views(rows, addresses, scope).await?, params)))
}

async fn upload(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(model): Key<threat_model::Entity>,
    addresses: Addresses,
    form: Upload,
) -> Result<(StatusCode, Json<ReferenceImage>)> {
    let model = state.store.read(&actor).get_writable(model).await?;
    let (caption, picture) = image_form::read(form).await?;
    let key = keep(&picture, &state).await?;
    let added = async {
        let transaction = state.store.write(&actor).await?;
        let row = images::add(&model, caption, &picture, &key, &transaction).await?;
        let view = view(row, &addresses, transaction.scope()).await?;
        transaction.commit().await?;
        Ok((StatusCode::CREATED, Json(view)))
    };
    kept(added.await, key, &state).await
}

async fn retrieve(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
) -> Result<Json<ReferenceImage>> {
    let scope = state.store.read(&actor);
    Ok(Json(view(scope.get(key).await?, &addresses, scope).await?))
}

async fn retrieve_of_model(
    State(state): State<AppState>,
    actor: Allowed<ReadModels>,
    key: KeyBelow<threat_model::Entity, Entity>,
    addresses: Addresses,
) -> Result<Json<ReferenceImage>> {
    let scope = state.store.read(&actor);
    let key = known(key, scope).await?;
    Ok(Json(view(scope.get(key).await?, &addresses, scope).await?))
}

async fn replace(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
    form: Upload,
) -> Result<Json<ReferenceImage>> {
    save(&state, &actor, key, &addresses, form, Mode::Replace).await
}

async fn change(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
    addresses: Addresses,
    form: Upload,
) -> Result<Json<ReferenceImage>> {
    save(&state, &actor, key, &addresses, form, Mode::Change).await
}

async fn replace_of_model(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: KeyBelow<threat_model::Entity, Entity>,
    addresses: Addresses,
    form: Upload,
) -> Result<Json<ReferenceImage>> {
    let key = known(key, state.store.read(&actor)).await?;
    save(&state, &actor, key, &addresses, form, Mode::Replace).await
}

async fn change_of_model(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: KeyBelow<threat_model::Entity, Entity>,
    addresses: Addresses,
    form: Upload,
) -> Result<Json<ReferenceImage>> {
    let key = known(key, state.store.read(&actor)).await?;
    save(&state, &actor, key, &addresses, form, Mode::Change).await
}

/// Changes a row, and its file if the form has another one.
async fn save(
    state: &AppState,
    actor: &Allowed<WriteModels>,
    key: impl Names<Entity>,
    addresses: &Addresses,
    mut form: Upload,
    mode: Mode,
) -> Result<Json<ReferenceImage>> {
    let before = state.store.read(actor).get_writable::<Entity>(key).await?;
    let presence = if mode == Mode::Replace { Presence::Required } else { Presence::Optional };
    let picture = image_form::picture(&mut form, presence).await?;
    let old = before.storage_key.clone();
    let Some(picture) = picture else {
        let row = before.clone().into_active_model();
        return saved(state, actor, (&before, row), addresses, &form, mode).await;
    };
    let file = keep(&picture, state).await?;
    let mut row = before.clone().into_active_model();
    images::show(&mut row, &picture, &file);
    let answer = saved(state, actor, (&before, row), addresses, &form, mode).await;
    let answer = kept(answer, file, state).await?;
    discard(&[old], state).await;
    Ok(answer)
}

async fn saved(
    state: &AppState,
    actor: &Allowed<WriteModels>,
    (before, mut row): (&Model, ActiveModel),
    addresses: &Addresses,
    form: &Upload,
    mode: Mode,
) -> Result<Json<ReferenceImage>> {
    let transaction = state.store.write(actor).await?;
    let values = read_fields(FIELDS, &form.body, mode, transaction.scope()).await?;
    for (column, value) in values {
        row.try_set(column, value)?;
    }
    let row = if row.is_changed() { transaction.save(before, row).await? } else { row.try_into()? };
    let view = view(row, addresses, transaction.scope()).await?;
    transaction.commit().await?;
    Ok(Json(view))
}

/// Removes a new file again if the row that was to name it could not be written.
async fn kept<T>(answer: Result<T>, key: String, state: &AppState) -> Result<T> {
    if answer.is_err() {
        discard(&[key], state).await;
    }
    answer
}

async fn delete(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    Key(key): Key<Entity>,
) -> Result<StatusCode> {
    deleted(&state, &actor, key).await
}

async fn delete_of_model(
    State(state): State<AppState>,
    actor: Allowed<WriteModels>,
    key: KeyBelow<threat_model::Entity, Entity>,
) -> Result<StatusCode> {
    let key = known(key, state.store.read(&actor)).await?;
    deleted(&state, &actor, key).await
}

async fn deleted(
    state: &AppState,
    actor: &Allowed<WriteModels>,
    key: impl Names<Entity>,
) -> Result<StatusCode> {
    let transaction = state.store.write(actor).await?;
    let row = transaction.scope().get_writable::<Entity>(key).await?;
    transaction.delete(row.id).await?;
    transaction.commit().await?;
    discard(&[row.storage_key], state).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn views(
    rows: Vec<Model>,
    addresses: &Addresses,
    scope: Scope<'_>,
) -> Result<Vec<ReferenceImage>> {
    let images = images::with_uploaders(rows, scope).await?;
    Ok(images.into_iter().map(|image| ReferenceImage::new(image, addresses)).collect())
}

async fn view(row: Model, addresses: &Addresses, scope: Scope<'_>) -> Result<ReferenceImage> {
    views(vec![row], addresses, scope).await?.pop().ok_or_else(Error::not_found)
}

/// The routes of reference images.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/reference-images/",
            get_with(list, |operation| list_text(describe(operation, "listReferenceImages", TAG))),
        )
        .api_route("/api/reference-images/{id}/", record())
        .api_route(
            "/api/threat-models/{id}/reference-images/",
            get_with(list_of_model, |operation| {
                list_text(describe(operation, "listReferenceImagesOfModel", TAG))
            })
            .merge(post_with(upload, |operation| {
                upload_text(describe(operation, "createReferenceImage", TAG))
            }))
            .layer(DefaultBodyLimit::max(IMAGE_LIMIT)),
        )
        .api_route(
            "/api/threat-models/{id}/reference-images/upload/",
            post_with(upload, |operation| {
                upload_text(describe(operation, "uploadReferenceImage", TAG))
            })
            .layer(DefaultBodyLimit::max(IMAGE_LIMIT)),
        )
        .api_route("/api/threat-models/{id}/reference-images/{item_id}/", record_of_model())
}

fn record() -> ApiMethodRouter<AppState> {
    get_with(retrieve, |operation| {
        describe(operation, "getReferenceImage", TAG).summary("Read an image")
    })
    .merge(put_with(replace, |operation| {
        change_text(describe(operation, "replaceReferenceImage", TAG))
    }))
    .merge(patch_with(change, |operation| {
        change_text(describe(operation, "changeReferenceImage", TAG))
    }))
    .merge(delete_with(delete, |operation| {
        describe(operation, "deleteReferenceImage", TAG)
            .summary("Delete an image and its file")
            .response_with::<204, (), _>(|response| response.description("Deleted."))
    }))
    .layer(DefaultBodyLimit::max(IMAGE_LIMIT))
}

fn record_of_model() -> ApiMethodRouter<AppState> {
    get_with(retrieve_of_model, |operation| {
        describe(operation, "getReferenceImageOfModel", TAG).summary("Read an image of a model")
    })
    .merge(put_with(replace_of_model, |operation| {
        change_text(describe(operation, "replaceReferenceImageOfModel", TAG))
    }))
    .merge(patch_with(change_of_model, |operation| {
        change_text(describe(operation, "changeReferenceImageOfModel", TAG))
    }))
    .merge(delete_with(delete_of_model, |operation| {
        describe(operation, "deleteReferenceImageOfModel", TAG)
            .summary("Delete an image of a model and its file")
            .response_with::<204, (), _>(|response| response.description("Deleted."))
    }))
    .layer(DefaultBodyLimit::max(IMAGE_LIMIT))
}

type Operation<'t> = TransformOperation<'t>;

fn list_text(operation: Operation<'_>) -> Operation<'_> {
    let names: Vec<_> = ORDERING.iter().map(|sort| sort.name).collect();
    let text = format!("One or more of {}; `-` in front reverses.", names.join(", "));
    let schema = serde_json::json!({"type": "string", "examples": ["-created_at"]});
    page_parameter(query_parameter(operation, "ordering", &text, schema))
        .summary("List images")
        .description("By position, then latest first.")
}

fn upload_text(operation: Operation<'_>) -> Operation<'_> {
    let operation = image_form::document::<image_form::NewImage>(operation);
    answer::<ReferenceImage>(operation, 201, "Uploaded.").summary("Upload an image").description(
        "JPEG, PNG or WebP up to 10 MB and 12000 pixels a side. Notes in the file, such as \
             where it was taken, are removed.",
    )
}

fn change_text(operation: Operation<'_>) -> Operation<'_> {
    let operation = json_body::<image_form::ImageChange>(operation);
    image_form::document::<image_form::ImageChange>(operation)
        .summary("Change what is said about an image, or its file")
        .description("PUT needs `image` and `filename`.")
}
