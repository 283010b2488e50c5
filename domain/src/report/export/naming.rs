//! What report files are called.

use chrono::{DateTime, Utc};
use entity::choice::{ReportFormat, ReportType};
use sea_orm::ActiveEnum as _;

/// The end of the name of a file of a format.
pub const fn extension(format: ReportFormat) -> &'static str {
    match format {
        ReportFormat::Pdf => "pdf",
        ReportFormat::Html => "html",
        ReportFormat::Markdown => "md",
        ReportFormat::Csv => "zip",
        ReportFormat::Xlsx => "xlsx",
        ReportFormat::Json => "json",
    }
}

/// The media type of a file of a format.
pub const fn content_type(format: ReportFormat) -> &'static str {
    match format {
        ReportFormat::Pdf => "application/pdf",
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Markdown => "text/markdown; charset=utf-8",
        ReportFormat::Csv => "application/zip",
        ReportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ReportFormat::Json => "application/json",
    }
}

/// The name under which a file is downloaded: letters of names that systems disagree about are
/// left out.
pub(super) fn filename(
    name: &str,
    report_type: ReportType,
    format: ReportFormat,
    now: DateTime<Utc>,
) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { ' ' };
    let words: String = name.chars().map(plain).collect();
    let words: Vec<&str> = words.split_ascii_whitespace().collect();
    let short: String = words.join("-").to_lowercase().chars().take(60).collect();
    let begin = if short.is_empty() { "report".to_owned() } else { short };
    let kind = report_type.to_value();
    format!("{begin}-{kind}-{}.{}", now.format("%Y-%m-%d"), extension(format))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_hold_nothing_that_a_system_takes_for_more() {
        let named =
            |name| filename(name, ReportType::Full, ReportFormat::Csv, DateTime::UNIX_EPOCH);
        assert_eq!(named("../Web \"shop\"\r\n"), "web-shop-full-1970-01-01.zip");
        assert_eq!(named("Ζωή"), "report-full-1970-01-01.zip");
        assert_eq!(named(&"x".repeat(500)).len(), 60 + 20);
    }
}
