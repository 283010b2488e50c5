use aide::axum::{ApiRouter, routing::ApiMethodRouter};
use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    Refusal, Scope,
    job::ReportExport,
    permission::{ReadModels, Right, WriteOrganizations},
    report::export::{self, About},
};
use entity::{Ref, organization, report_export, threat_model};
use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    TAG,
    export_view::ReportExportView,
    export_wish::{self, NewReportExport},
};
use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::{Body, Params},
    resource::{Doc, Page, answer, describe, json_body, page_of, page_parameter, refusal},
    resources::model::media::{discard, out_of_order},
    routing::{delete_with, get_with, post_with},
    state::AppState,
    wait::{Prefer, Waited, accepted, wait_for},
};

/// What stands before the path of report files.
trait Home: Send + Sync + 'static {
    /// The table of what the reports are about.
    type Entity: Send + Sync + 'static;
    /// Who may ask.
    type Read: Right;

    /// In addresses.
    const PATH: &'static str;
    /// In names of operations.
    const NAME: &'static str;
    /// In summaries.
    const WORDS: &'static str;

    /// What the reports are about, if the caller may read it.
    fn about(
        scope: Scope<'_>,
        key: Ref<Self::Entity>,
    ) -> impl Future<Output = domain::Result<About>> + Send;
}

struct OfModel;

impl Home for OfModel {
    type Entity = threat_model::Entity;
    type Read = ReadModels;
    const PATH: &'static str = "/api/threat-models/{id}/report/exports/";
    const NAME: &'static str = "Report";
    const WORDS: &'static str = "a threat model";

    async fn about(scope: Scope<'_>, key: Ref<threat_model::Entity>) -> domain::Result<About> {
        export::about_model(scope, key).await
    }
}

struct OfOrganization;

impl Home for OfOrganization {
    type Entity = organization::Entity;
    type Read = WriteOrganizations;
    const PATH: &'static str = "/api/organizations/{id}/portfolio-exports/";
    const NAME: &'static str = "Portfolio";
    const WORDS: &'static str = "an organization";

    async fn about(scope: Scope<'_>, key: Ref<organization::Entity>) -> domain::Result<About> {
        export::about_organization(scope, key).await
    }
}

/// A report file below what it is about.
#[derive(Deserialize, JsonSchema)]
struct ExportPath {
    #[schemars(with = "i64")]
    id: String,
    #[schemars(with = "Uuid")]
    item_id: String,
}

impl ExportPath {
    /// Malformed ids name nothing.
    fn keys<E>(&self) -> Result<(Ref<E>, Uuid)> {
        let home = self.id.parse().map_err(|_| Error::not_found())?;
        let export = self.item_id.parse().map_err(|_| Error::not_found())?;
        Ok((Ref::new(home), export))
    }
}

async fn create<H: Home>(
    State(state): State<AppState>,
    actor: Allowed<H::Read>,
    Key(key): Key<H::Entity>,
    prefer: Prefer,
    body: Body,
) -> Result<Response> {
    let about = H::about(state.store.read(&actor), key).await?;
    let wish = export_wish::read(&body, &about, &state).await?;
    let logo = wish.logo_key.clone();
    match ask(&state, &actor, &about, wish).await {
        Ok((row, job)) => match wait_for::<ReportExport>(&state, job, prefer).await? {
            Waited::UnderWay(id) => Ok(accepted(id)),
            Waited::Done(_) => {
                let scope = state.store.read(&actor);
                let row = export::get(scope, &about, row.id).await?;
                let view = view(row, scope).await?;
                Ok((StatusCode::CREATED, view).into_response())
            }
        },
        Err(error) => {
            discard(&logo.into_iter().collect::<Vec<_>>(), &state).await;
            Err(error)
        }
    }
}

async fn ask(
    state: &AppState,
    actor: &entity::Actor,
    about: &About,
    wish: export::Wish,
) -> Result<(report_export::Model, Uuid)> {
    let transaction = state.store.write(actor).await?;
    let asked = export::ask(&transaction, about, wish).await?;
    transaction.commit().await?;
    Ok(asked)
}

async fn list<H: Home>(
    State(state): State<AppState>,
    actor: Allowed<H::Read>,
    Key(key): Key<H::Entity>,
    params: Params,
) -> Result<Json<Page<ReportExportView>>> {
    let scope = state.store.read(&actor);
    let about = H::about(scope, key).await?;
    let (rows, place) = page_of(export::list(scope, &about), &params).await?;
    Ok(Json(place.page(ReportExportView::all(rows, scope).await?, &params)))
}

async fn retrieve<H: Home>(
    State(state): State<AppState>,
    actor: Allowed<H::Read>,
    Path(path): Path<ExportPath>,
) -> Result<Json<ReportExportView>> {
    let scope = state.store.read(&actor);
    let (key, export) = path.keys()?;
    let about = H::about(scope, key).await?;
    view(export::get(scope, &about, export).await?, scope).await
}

async fn view(row: report_export::Model, scope: Scope<'_>) -> Result<Json<ReportExportView>> {
    let mut views = ReportExportView::all(vec![row], scope).await?;
    views.pop().map(Json).ok_or_else(Error::not_found)
}

async fn delete<H: Home>(
    State(state): State<AppState>,
    actor: Allowed<H::Read>,
    Path(path): Path<ExportPath>,
) -> Result<StatusCode> {
    let transaction = state.store.write(&actor).await?;
    let (key, export) = path.keys()?;
    let about = H::about(transaction.scope(), key).await?;
    let row = export::get(transaction.scope(), &about, export).await?;
    let files = export::remove(&transaction, &row).await?;
    transaction.commit().await?;
    discard(&files, &state).await;
    Ok(StatusCode::NO_CONTENT)
}

async fn download<H: Home>(
    State(state): State<AppState>,
    actor: Allowed<H::Read>,
    Path(path): Path<ExportPath>,
) -> Result<Response> {
    let scope = state.store.read(&actor);
    let (key, export) = path.keys()?;
    let about = H::about(scope, key).await?;
    let row = export::get(scope, &about, export).await?;
    let file = export::readable(&row, scope)?;
    let content = state.storage.get(&file).await.map_err(|error| out_of_order(&error))?;
    let content = content.ok_or_else(|| {
        let text = "The report is gone. Ask for another one.".to_owned();
        domain::Error::Refused(Refusal::Gone, text)
    })?;
    let disposition = format!("attachment; filename=\"{}\"", row.filename);
    let headers: [(HeaderName, String); 5] = [
        (header::CONTENT_TYPE, export::content_type(row.format).to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, content).into_response())
}

/// Documents the file itself, in all formats.
fn file_answer(mut operation: Doc<'_>) -> Doc<'_> {
    use aide::openapi::{MediaType, ReferenceOr, Response as Described, StatusCode as Code};
    use sea_orm::Iterable;
    let kinds = entity::choice::ReportFormat::iter().map(export::content_type);
    let kinds = kinds.map(|kind| kind.split(';').next().unwrap_or_default().to_owned());
    let content = kinds.map(|kind| (kind, MediaType::default())).collect();
    let description = "The file.".to_owned();
    let response = Described { description, content, ..Described::default() };
    let responses = operation.inner_mut().responses.get_or_insert_default();
    responses.responses.insert(Code::Code(200), ReferenceOr::Item(response));
    operation
}

fn collection<H: Home>() -> ApiMethodRouter<AppState> {
    get_with(list::<H>, |operation| {
        let operation = describe(operation, &format!("list{}Exports", H::NAME), TAG)
            .summary(&format!("Report files of {}", H::WORDS))
            .description("Latest first. A file can be downloaded for seven days.");
        answer::<Page<ReportExportView>>(page_parameter(operation), 200, "One page.")
    })
    .merge(post_with(create::<H>, |operation| {
        json_body::<NewReportExport>(describe(
            operation,
            &format!("create{}Export", H::NAME),
            TAG,
        ))
        .summary(&format!("Make a report file of {}", H::WORDS))
        .description(
            "Waits for the file. With `Prefer: respond-async`, or when it takes longer, the answer \
             is 202 with the address of the job; the list of files names the job of each. The \
             numbers are those of the report. A file over an organization is for its security \
             team.",
        )
        .with(|operation| answer::<ReportExportView>(operation, 201, "It is made, or cannot be."))
        .with(|operation| refusal(operation, 409, "Too many files are being made."))
    }))
}

fn record<H: Home>() -> ApiMethodRouter<AppState> {
    get_with(retrieve::<H>, |operation| {
        describe(operation, &format!("get{}Export", H::NAME), TAG)
            .summary(&format!("A report file of {}", H::WORDS))
    })
    .merge(delete_with(delete::<H>, |operation| {
        describe(operation, &format!("delete{}Export", H::NAME), TAG)
            .summary(&format!("Delete a report file of {}", H::WORDS))
            .description("For who asked for it and whoever may change what it is about.")
            .response_with::<204, (), _>(|response| response.description("Deleted."))
    }))
}

fn content<H: Home>() -> ApiMethodRouter<AppState> {
    get_with(download::<H>, |operation| {
        file_answer(describe(operation, &format!("download{}Export", H::NAME), TAG))
            .summary(&format!("Download a report file of {}", H::WORDS))
            .with(|operation| refusal(operation, 409, "It is being made, or cannot be made."))
            .with(|operation| refusal(operation, 410, "It has expired."))
    })
}

fn below<H: Home>() -> ApiRouter<AppState> {
    let one = format!("{}{{item_id}}/", H::PATH);
    ApiRouter::new()
        .api_route(H::PATH, collection::<H>())
        .api_route(&one, record::<H>())
        .api_route(&format!("{one}download/"), content::<H>())
}

/// The routes of this module.
pub(super) fn routes() -> ApiRouter<AppState> {
    below::<OfModel>().merge(below::<OfOrganization>())
}
