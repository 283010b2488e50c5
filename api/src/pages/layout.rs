//! Pages around their content.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

/// A page and its status.
pub(super) struct Page<T>(pub(super) StatusCode, pub(super) T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.1.render() {
            Ok(html) => (self.0, Html(html)).into_response(),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// A page that says something and points on.
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct Message {
    pub(super) title: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) actions: Vec<Action>,
}

/// A way on from a page.
pub(super) struct Action {
    pub(super) address: String,
    pub(super) label: &'static str,
}

impl Message {
    /// A page with a title and a paragraph.
    pub(super) fn new(title: impl Into<String>, paragraph: impl Into<String>) -> Self {
        let paragraphs = vec![paragraph.into()];
        Self { title: title.into(), paragraphs, actions: Vec::new() }
    }

    /// With another paragraph.
    pub(super) fn and(mut self, paragraph: impl Into<String>) -> Self {
        self.paragraphs.push(paragraph.into());
        self
    }

    /// With a way on.
    pub(super) fn to(mut self, address: impl Into<String>, label: &'static str) -> Self {
        self.actions.push(Action { address: address.into(), label });
        self
    }

    /// The page as an answer.
    pub(super) fn answer(self, status: StatusCode) -> Response {
        Page(status, self).into_response()
    }
}
