//! The style of the pages and their mark, served from the binary.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use domain::account::secret::digest;

const SHEET: &str = include_str!("../../templates/style.css");
const MARK: &str = include_str!("../../templates/mark.svg");

/// How many letters of the digest name a version.
const VERSION_LETTERS: usize = 12;

static SHEET_ADDRESS: LazyLock<String> = LazyLock::new(|| versioned("/pages/style.css", SHEET));
static MARK_ADDRESS: LazyLock<String> = LazyLock::new(|| versioned("/pages/mark.svg", MARK));

/// The address changes with the content, so that browsers may keep what they have.
fn versioned(path: &str, content: &str) -> String {
    format!("{path}?v={}", &digest(content)[..VERSION_LETTERS])
}

/// Where templates find the style sheet.
pub(super) fn sheet_address() -> &'static str {
    &SHEET_ADDRESS
}

/// Where templates find the mark.
pub(super) fn mark_address() -> &'static str {
    &MARK_ADDRESS
}

/// The style sheet.
pub(super) async fn sheet() -> Response {
    kept("text/css; charset=utf-8", SHEET)
}

/// The mark.
pub(super) async fn mark() -> Response {
    kept("image/svg+xml", MARK)
}

fn kept(kind: &'static str, content: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, content).into_response()
}
