use domain::{Result, Scope, report::export};
use entity::{
    Id,
    choice::{ExportState, ReportFormat, ReportSection, ReportType},
    organization, report_export, threat_model,
};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::wire::Timestamp;

/// A report file.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportExport")]
pub(super) struct ReportExportView {
    id: Uuid,
    organization: Id<organization::Entity>,
    /// Null for a report over the organization.
    threat_model: Option<Id<threat_model::Entity>>,
    format: ReportFormat,
    #[serde(rename = "type")]
    report_type: ReportType,
    /// What it shows, in order.
    sections: Vec<ReportSection>,
    branding: BrandingView,
    /// Whether who asked for it gets a mail when it is ready.
    notify: bool,
    state: ExportState,
    /// Why it cannot be made; null otherwise.
    error: Option<String>,
    /// The job that makes it.
    job: Option<Uuid>,
    /// Address of who asked for it.
    requested_by_email: Option<String>,
    /// The name under which it is downloaded.
    filename: String,
    /// In bytes; null while it is not ready.
    size: Option<i64>,
    /// Where it can be downloaded, with the same authorization; null while it is not ready.
    download_url: Option<String>,
    /// Until when it can be downloaded.
    expires_at: Timestamp,
    created_at: Timestamp,
}

/// What the cover looks like.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ReportBranding")]
struct BrandingView {
    /// Empty for the name of what the report is about.
    title: String,
    /// As `#1f4e79`; empty for the usual one.
    #[schemars(extend("examples" = ["#1f4e79"]))]
    colour: String,
    has_logo: bool,
}

const STOPPED: &str = "Its job was stopped. Start the job again or ask for another report.";

impl ReportExportView {
    /// Rows as clients see them, in one statement, and another one if some are in the making.
    pub(super) async fn all(
        rows: Vec<report_export::Model>,
        scope: Scope<'_>,
    ) -> Result<Vec<Self>> {
        let people = scope.people(rows.iter().filter_map(|row| row.requested_by_id)).await?;
        let email =
            |row: &report_export::Model| Some(people.get(&row.requested_by_id?)?.email.clone());
        let stopped = export::stopped(scope, &rows).await?;
        let now = scope.now();
        let view = |mut row: report_export::Model| {
            let email = email(&row);
            if stopped.contains(&row.id) {
                row.state = ExportState::Failed;
                STOPPED.clone_into(&mut row.error);
            }
            Self::of(row, email, now)
        };
        Ok(rows.into_iter().map(view).collect())
    }

    fn of(
        row: report_export::Model,
        requested_by_email: Option<String>,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Self {
        let is_ready = row.state == ExportState::Ready && row.expires_at > now;
        Self {
            id: row.id,
            download_url: is_ready.then(|| address(&row)),
            sections: export::sections(&row.sections),
            branding: BrandingView {
                has_logo: row.logo_key.is_some(),
                title: row.title,
                colour: row.colour,
            },
            organization: row.organization_id,
            threat_model: row.threat_model_id,
            format: row.format,
            report_type: row.report_type,
            notify: row.notify,
            state: row.state,
            error: Some(row.error).filter(|text| !text.is_empty()),
            job: row.job_id,
            requested_by_email,
            filename: row.filename,
            size: is_ready.then_some(row.byte_size),
            expires_at: row.expires_at.into(),
            created_at: row.created_at.into(),
        }
    }
}

fn address(row: &report_export::Model) -> String {
    let home = match row.threat_model_id {
        Some(model) => format!("threat-models/{}/report/exports", model.key()),
        None => format!("organizations/{}/portfolio-exports", row.organization_id.key()),
    };
    format!("/api/{home}/{}/download/", row.id)
}
