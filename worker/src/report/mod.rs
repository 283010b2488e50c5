//! Makes report files.

mod archive;
mod chart;
mod html;
mod json;
mod markdown;
mod pdf;
mod snapshots;
mod workbook;

use std::time::Instant;

use domain::{
    Store,
    job::{Exported, ReportExport},
    report::{
        edition::Edition,
        export::{self, LARGEST},
    },
};
use entity::{
    Actor,
    choice::{ExportState, ReportFormat},
    report_export,
};
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use uuid::Uuid;

use crate::{
    registry::{Failure, Perform},
    runtime::Context,
};

/// Reading before the sections, and keeping after them.
const STEPS_BESIDES: u64 = 2;

/// A picture on the cover.
#[derive(Clone, Debug)]
pub struct Logo {
    /// The file.
    pub content: Vec<u8>,
    /// PNG, JPEG or WebP.
    pub content_type: &'static str,
}

/// Hears how many sections are written.
pub type Progress<'p> = &'p mut dyn FnMut(u64);

/// Reads what a row asks for and writes it as a file, both on a thread of its own: it takes long, and
/// memory that one thread gives back is used again by the same one.
///
/// # Errors
/// [`Failure::Final`] when the report cannot be written, others when the facts cannot be read.
pub async fn make(
    store: &Store,
    row: &report_export::Model,
    logo: Option<Logo>,
    mut progress: impl FnMut(u64) + Send + 'static,
) -> Result<Vec<u8>, Failure> {
    let (store, row, runtime) = (store.clone(), row.clone(), Handle::current());
    let making = tokio::task::spawn_blocking(move || {
        let edition = runtime.block_on(Box::pin(Edition::read(&store, &row)))?;
        write(edition, row.format, logo.as_ref(), &mut progress).map_err(|error| {
            tracing::error!(error, "a report cannot be written");
            Failure::Final(format!("the report cannot be written: {error}"))
        })
    });
    making.await.map_err(|error| {
        tracing::error!(%error, "writing a report panicked");
        Failure::Final("an internal error; the log of the worker has the details".to_owned())
    })?
}

fn write(
    edition: Edition,
    format: ReportFormat,
    logo: Option<&Logo>,
    progress: Progress<'_>,
) -> Result<Vec<u8>, String> {
    match format {
        ReportFormat::Json => json::write(&edition, progress),
        ReportFormat::Markdown => Ok(markdown::write(&edition, progress).into_bytes()),
        ReportFormat::Csv => archive::write(&edition, progress),
        ReportFormat::Html => html::write(&edition, logo, progress).map(String::into_bytes),
        ReportFormat::Xlsx => workbook::write(&edition, progress),
        ReportFormat::Pdf => pdf::write(edition, logo, progress),
    }
}

impl Perform for ReportExport {
    async fn perform(self, context: &Context) -> Result<Exported, Failure> {
        let organization = context.owner()?;
        let actor = Actor::for_job(organization, None);
        let row = export::of_job(context.store().read(&actor), self.export).await?;
        let Some(row) = row else { return Ok(ended(self.export, ExportState::Failed)) };
        if row.state == ExportState::Ready {
            return Ok(ended(self.export, row.state));
        }
        match file(context, &row).await {
            Ok(content) if content.len() > LARGEST => {
                let megabytes = LARGEST / (1024 * 1024);
                let text = format!(
                    "The report is larger than {megabytes} MB. Choose fewer sections, or XLSX, \
                     CSV or JSON."
                );
                refuse(context, &actor, &row, &text).await?;
                Ok(ended(self.export, ExportState::Failed))
            }
            Ok(content) => keep(context, &actor, &row, content).await,
            Err(failure) => {
                if matches!(failure, Failure::Final(_)) || context.is_last_attempt() {
                    refuse(context, &actor, &row, "The report could not be made.").await?;
                }
                Err(failure)
            }
        }
    }
}

/// The file is in the storage before the row names it, and is removed if the row is gone.
async fn keep(
    context: &Context,
    actor: &Actor,
    row: &report_export::Model,
    content: Vec<u8>,
) -> Result<Exported, Failure> {
    let key = format!("exports/{}.{}", row.id.simple(), export::extension(row.format));
    let size = content.len();
    context.storage().put(&key, content.into()).await.map_err(|error| failed(&error))?;
    let transaction = context.store().write(actor).await?;
    let kept = export::note_ready(&transaction, row.id, &key, size).await?;
    if kept && row.notify {
        export::tell(&transaction, row).await?;
    }
    transaction.commit().await?;
    if !kept {
        context.storage().remove(&key).await.map_err(|error| failed(&error))?;
        return Ok(ended(row.id, ExportState::Failed));
    }
    let total = steps(row);
    context.progress(total, Some(total), "Ready").await;
    Ok(ended(row.id, ExportState::Ready))
}

const fn ended(export: Uuid, state: ExportState) -> Exported {
    Exported { export, state }
}

fn steps(row: &report_export::Model) -> u64 {
    export::sections(&row.sections).len() as u64 + STEPS_BESIDES
}

/// The file, while its progress is told.
async fn file(context: &Context, row: &report_export::Model) -> Result<Vec<u8>, Failure> {
    let total = steps(row);
    context.progress(0, Some(total), "Reading the threat model").await;
    let logo = logo(context, row).await?;
    let begun = Instant::now();
    let (sender, receiver) = unbounded_channel();
    let making = make(context.store(), row, logo, move |done| tell(&sender, done));
    let (content, ()) = tokio::join!(making, follow(context, receiver, total));
    let content = content?;
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(format = ?row.format, bytes = content.len(), milliseconds, "wrote a report");
    Ok(content)
}

fn tell(sender: &UnboundedSender<u64>, done: u64) {
    // Fails when nobody follows any more, which is no failure.
    let _ = sender.send(done);
}

/// Ends when the writer has ended.
async fn follow(context: &Context, mut receiver: UnboundedReceiver<u64>, total: u64) {
    while let Some(sections) = receiver.recv().await {
        let message = format!("{sections} of {} sections", total - STEPS_BESIDES);
        context.progress(sections + 1, Some(total), &message).await;
    }
}

async fn logo(context: &Context, row: &report_export::Model) -> Result<Option<Logo>, Failure> {
    let Some(key) = &row.logo_key else { return Ok(None) };
    let content = context.storage().get(key).await.map_err(|error| failed(&error))?;
    let format = domain::model::picture::Format::of_name(key);
    Ok(content.zip(format).map(|(content, format)| Logo {
        content: content.to_vec(),
        content_type: format.content_type(),
    }))
}

async fn refuse(
    context: &Context,
    actor: &Actor,
    row: &report_export::Model,
    reason: &str,
) -> Result<(), Failure> {
    let transaction = context.store().write(actor).await?;
    export::note_failed(&transaction, row.id, reason).await?;
    Ok(transaction.commit().await?)
}

fn failed(error: &platform::storage::StorageError) -> Failure {
    tracing::error!(error = error as &dyn std::error::Error, "the storage failed");
    Failure::Passing("the file cannot be kept at the moment".to_owned())
}

/// Text without letters that no file may hold: control characters other than line ends and tabs.
fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    let wrong = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(wrong) {
        return text.replace("\r\n", "\n").replace(wrong, "\u{fffd}").into();
    }
    text.into()
}
