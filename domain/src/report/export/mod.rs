//! Report files: who asks for which, where they are, and until when.

mod naming;
mod sections;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    Actor, Id,
    choice::{ExportState, JobState, ReportFormat, ReportSection, ReportType},
    job, organization,
    report_export::{ActiveModel, Column, Entity, Model},
    threat_model,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, Order,
    sea_query::{Expr, ExprTrait as _, Query, SelectStatement},
};
use uuid::Uuid;

use crate::{
    Error, Find, Refusal, Result, Scope, Store, Transaction,
    job::{ReportExport, mail::SendReportReady},
};

pub use naming::{content_type, extension};
pub use sections::{of_model, section_name, sections};

use self::{naming::filename, sections::of_organization};

/// How long a file can be downloaded.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// The largest file that is kept, in bytes.
pub const LARGEST: usize = 64 * 1024 * 1024;

/// Longest title of a cover, in characters.
pub const LONGEST_TITLE: usize = 200;

/// Most files of an organization that may be in the making.
const MOST_UNDER_WAY: u64 = 50;

/// What a report file is about.
#[derive(Clone, Debug)]
pub enum About {
    /// One model.
    Model(Box<threat_model::Model>),
    /// All models of an organization.
    Organization(organization::Model),
}

/// What is wanted of a report file.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The format.
    pub format: ReportFormat,
    /// For whom it is.
    pub report_type: ReportType,
    /// What it shows.
    pub sections: Vec<ReportSection>,
    /// On the cover; empty for the usual one.
    pub title: String,
    /// Of headings, as `#rrggbb`; empty for the usual one.
    pub colour: String,
    /// Where the logo is in the storage.
    pub logo_key: Option<String>,
    /// Whether the one who asks gets a mail when the file is ready.
    pub notify: bool,
}

impl About {
    /// Whose it is.
    pub const fn organization(&self) -> Id<organization::Entity> {
        match self {
            Self::Model(model) => model.organization_id,
            Self::Organization(organization) => organization.id,
        }
    }

    /// The model, none for a report over an organization.
    pub fn model(&self) -> Option<Id<threat_model::Entity>> {
        match self {
            Self::Model(model) => Some(model.id),
            Self::Organization(_) => None,
        }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Model(model) => &model.name,
            Self::Organization(organization) => &organization.name,
        }
    }

    /// What a report of a type shows, in order.
    pub const fn sections(&self, report_type: ReportType) -> &'static [ReportSection] {
        match self {
            Self::Model(_) => of_model(report_type),
            Self::Organization(_) => of_organization(report_type),
        }
    }

    /// Those of the sections of a type that are wanted, in the usual order.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `sections` when the type has none of that name, or nothing is left.
    pub fn chosen(
        &self,
        report_type: ReportType,
        wanted: &[ReportSection],
    ) -> Result<Vec<ReportSection>> {
        let all = self.sections(report_type);
        if wanted.is_empty() || wanted.iter().any(|section| !all.contains(section)) {
            let names: Vec<String> = all.iter().map(|section| section_name(*section)).collect();
            let text = format!("Choose one or more of {}.", names.join(", "));
            return Err(Error::invalid("sections", text));
        }
        Ok(all.iter().copied().filter(|section| wanted.contains(section)).collect())
    }
}

/// The model in a path, whose reports the actor may read.
pub async fn about_model(
    scope: Scope<'_>,
    model: impl entity::Names<threat_model::Entity>,
) -> Result<About> {
    Ok(About::Model(Box::new(scope.get(model).await?)))
}

/// The organization in a path. Reports over it are for its security team.
///
/// # Errors
/// [`Error::NotFound`] for others than members, [`Error::Forbidden`] for other members.
pub async fn about_organization(
    scope: Scope<'_>,
    organization: impl entity::Names<organization::Entity>,
) -> Result<About> {
    let found = scope.get(organization).await?;
    if scope.actor().secures(found.id) {
        return Ok(About::Organization(found));
    }
    Err(Error::forbidden())
}

/// Asks for a file. Answers its row and the job that makes it.
pub async fn ask(
    transaction: &Transaction<'_>,
    about: &About,
    wish: Wish,
) -> Result<(Model, Uuid)> {
    let organization = about.organization();
    transaction.hold(organization).await?;
    limit(transaction.scope(), organization).await?;
    let id = Uuid::now_v7();
    let job =
        transaction.enqueue(&ReportExport { organization: organization.key(), export: id }).await?;
    let now = transaction.now();
    let row = ActiveModel {
        id: Set(id),
        organization_id: Set(organization),
        threat_model_id: Set(about.model()),
        requested_by_id: Set(transaction.actor().user()),
        job_id: Set(Some(job)),
        format: Set(wish.format),
        report_type: Set(wish.report_type),
        sections: Set(serde_json::json!(wish.sections).into()),
        title: Set(wish.title),
        colour: Set(wish.colour),
        logo_key: Set(wish.logo_key),
        notify: Set(wish.notify),
        state: Set(ExportState::Pending),
        error: Set(String::new()),
        storage_key: Set(None),
        filename: Set(filename(about.name(), wish.report_type, wish.format, now)),
        byte_size: Set(0),
        expires_at: Set(now + KEPT),
        ..Default::default()
    };
    Ok((transaction.insert(row).await?, job))
}

async fn limit(scope: Scope<'_>, organization: Id<organization::Entity>) -> Result<()> {
    let under_way = scope
        .find::<Entity>()
        .filter(Column::OrganizationId.eq(organization))
        .filter(Column::State.eq(ExportState::Pending))
        .filter(Column::JobId.in_subquery(unfinished_jobs()))
        .count()
        .await?;
    if under_way < MOST_UNDER_WAY {
        return Ok(());
    }
    let text = "Too many reports are being made. Try again when some of them are ready.";
    Err(Error::Refused(Refusal::Conflict, text.to_owned()))
}

/// The files that were asked for, latest first.
pub fn list<'c>(scope: Scope<'c>, about: &About) -> Find<'c, Entity> {
    scope
        .find::<Entity>()
        .filter(belonging(about))
        .order_by(Expr::col(Column::CreatedAt), Order::Desc)
        .order_by(Expr::col(Column::Id), Order::Desc)
}

/// Those of the files that are not made, because their jobs failed or were cancelled, in one
/// statement or none.
pub async fn stopped(scope: Scope<'_>, rows: &[Model]) -> Result<HashSet<Uuid>> {
    let pending = rows.iter().filter(|row| row.state == ExportState::Pending);
    let pending: Vec<Uuid> = pending.map(|row| row.id).collect();
    if pending.is_empty() {
        return Ok(HashSet::new());
    }
    let under_way = Column::JobId.in_subquery(unfinished_jobs());
    let stopped = Condition::any().add(Column::JobId.is_null()).add(under_way.not());
    let found = scope.find::<Entity>().filter(Column::Id.is_in(pending)).filter(stopped);
    Ok(found.values(Column::Id).await?.into_iter().collect())
}

#[expect(clippy::disallowed_methods, reason = "narrows rows that a scope found")]
fn unfinished_jobs() -> SelectStatement {
    let mut jobs = Query::select();
    jobs.column(job::Column::Id)
        .from(job::Entity)
        .and_where(job::Column::State.is_in(JobState::UNFINISHED));
    jobs
}

/// One of the files.
pub async fn get(scope: Scope<'_>, about: &About, id: Uuid) -> Result<Model> {
    let found = scope.find::<Entity>().filter(belonging(about)).filter(Column::Id.eq(id));
    found.one().await?.ok_or(Error::NotFound)
}

fn belonging(about: &About) -> Condition {
    let organization = Column::OrganizationId.eq(about.organization());
    let model = match about.model() {
        Some(model) => Column::ThreatModelId.eq(model),
        None => Column::ThreatModelId.is_null(),
    };
    Condition::all().add(organization).add(model)
}

/// Forgets a file, for who asked for it and whoever may change the model. Answers the files in the
/// storage, which are to be removed once the transaction is committed.
pub async fn remove(transaction: &Transaction<'_>, row: &Model) -> Result<Vec<String>> {
    if transaction.delete_where::<Entity>(Column::Id.eq(row.id)).await? == 0 {
        return Err(Error::forbidden());
    }
    Ok(files(row))
}

/// What a row names in the storage.
pub fn files(row: &Model) -> Vec<String> {
    row.storage_key.iter().chain(&row.logo_key).cloned().collect()
}

/// The files of the reports of a model, to be removed with it.
pub async fn files_of(scope: Scope<'_>, model: Id<threat_model::Entity>) -> Result<Vec<String>> {
    let rows = scope.find::<Entity>().filter(Column::ThreatModelId.eq(model)).all().await?;
    Ok(rows.iter().flat_map(files).collect())
}

/// Where a file can be read from.
///
/// # Errors
/// [`Refusal::Conflict`] while it is being made or when it cannot be made, [`Refusal::Gone`] when
/// it has expired.
pub fn readable(row: &Model, scope: Scope<'_>) -> Result<String> {
    let refused = |refusal, text: &str| Err(Error::Refused(refusal, text.to_owned()));
    if row.expires_at <= scope.now() {
        return refused(Refusal::Gone, "The report has expired. Ask for another one.");
    }
    match (&row.state, &row.storage_key) {
        (ExportState::Ready, Some(key)) => Ok(key.clone()),
        (ExportState::Failed, _) => refused(Refusal::Conflict, &row.error),
        _ => refused(Refusal::Conflict, "The report is still being made. Look at its job."),
    }
}

/// The row of a job, none when it was deleted meanwhile.
pub async fn of_job(scope: Scope<'_>, id: Uuid) -> Result<Option<Model>> {
    scope.find::<Entity>().filter(Column::Id.eq(id)).one().await
}

/// Notes that a file is in the storage. Answers whether its row is still there.
pub async fn note_ready(
    transaction: &Transaction<'_>,
    id: Uuid,
    storage_key: &str,
    byte_size: usize,
) -> Result<bool> {
    let size = i64::try_from(byte_size).unwrap_or(i64::MAX);
    let changed = transaction
        .change::<Entity>()
        .filter(Column::Id.eq(id))
        .set(Column::State, value(ExportState::Ready))
        .set(Column::StorageKey, value(Some(storage_key.to_owned())))
        .set(Column::ByteSize, value(size))
        .set(Column::Error, value(String::new()))
        .exec()
        .await?;
    Ok(changed > 0)
}

/// Notes why a file cannot be made.
pub async fn note_failed(transaction: &Transaction<'_>, id: Uuid, reason: &str) -> Result<()> {
    transaction
        .change::<Entity>()
        .filter(Column::Id.eq(id))
        .set(Column::State, value(ExportState::Failed))
        .set(Column::Error, value(reason.to_owned()))
        .exec()
        .await?;
    Ok(())
}

/// Has a mail sent to who asked for a file.
pub async fn tell(transaction: &Transaction<'_>, row: &Model) -> Result<()> {
    let organization = row.organization_id.key();
    transaction.enqueue(&SendReportReady { organization, export: row.id }).await?;
    Ok(())
}

/// What the mail about a file that is ready says.
#[derive(Clone, Debug)]
pub struct ReadyLetter {
    /// Where to send it.
    pub email: String,
    /// What the report is about.
    pub subject: String,
    /// The name of the file.
    pub filename: String,
    /// Until when it can be downloaded.
    pub expires_at: DateTime<Utc>,
    /// The model, none for a report over the organization.
    pub model: Option<i64>,
}

/// The letter about a file that is ready; none if the file is gone, or who asked for it may not see
/// it any more.
pub async fn letter(store: &Store, worker: &Actor, id: Uuid) -> Result<Option<ReadyLetter>> {
    let asked = of_job(store.read(worker), id).await?;
    let Some(user) = asked.and_then(|row| row.requested_by_id) else { return Ok(None) };
    let Some(reader) = store.identity().actor_of(user).await? else { return Ok(None) };
    let scope = store.read(&reader);
    let Some(row) = of_job(scope, id).await? else { return Ok(None) };
    if row.state != ExportState::Ready || row.expires_at <= scope.now() {
        return Ok(None);
    }
    let Some(person) = scope.people([user]).await?.remove(&user) else { return Ok(None) };
    let subject = match row.threat_model_id {
        Some(model) => scope.get(model).await?.name,
        None => scope.get(row.organization_id).await?.name,
    };
    Ok(Some(ReadyLetter {
        email: person.email,
        subject,
        filename: row.filename,
        expires_at: row.expires_at,
        model: row.threat_model_id.map(Id::key),
    }))
}

fn value(value: impl Into<sea_orm::Value>) -> Expr {
    Expr::value(value)
}
