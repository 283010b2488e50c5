//! Errors as people see them.

use std::borrow::Cow;

use axum::{
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use domain::Violations;

use super::{layout::Message, protection::protected};
use crate::error::Error;

/// The result of a page.
pub(super) type Result<T = Response, E = Failure> = std::result::Result<T, E>;

/// Why a handler did not come to its end.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the API would answer: the page has its status and headers.
    Error(Error),
    /// Another page is shown.
    Page(Box<Response>),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl Failure {
    /// A form that was not sent from one of our pages.
    pub(super) const fn foreign_form() -> Self {
        Self::request(StatusCode::FORBIDDEN, "The form was not sent from a page of this server.")
    }

    /// A body that is no form.
    pub(super) const fn unreadable_form(status: StatusCode) -> Self {
        Self::request(status, "This is no form.")
    }

    const fn request(status: StatusCode, text: &'static str) -> Self {
        Self::Error(Error::Request(status, "parse_error", Cow::Borrowed(text)))
    }

    /// Another page.
    pub(super) fn page(page: Response) -> Self {
        Self::Page(Box::new(page))
    }

    /// What is wrong with the fields of a form; other failures stay what they are.
    pub(super) fn violations(error: Error) -> Result<Violations> {
        match error {
            Error::Domain(domain::Error::Invalid(violations)) => Ok(violations),
            other => Err(Self::Error(other)),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = match self {
            Self::Error(error) => error,
            Self::Page(page) => return *page,
        };
        let answer = error.into_response();
        let status = answer.status();
        let mut page = message(status).answer(status);
        if let Some(wait) = answer.headers().get(header::RETRY_AFTER) {
            page.headers_mut().insert(header::RETRY_AFTER, wait.clone());
        }
        page
    }
}

fn message(status: StatusCode) -> Message {
    let (title, text) = match status {
        StatusCode::NOT_FOUND => {
            ("Page not found", "There is nothing at this address. Check that the link is complete.")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            ("This does not work", "The address does not take what the browser sent.")
        }
        StatusCode::FORBIDDEN => (
            "The form has expired",
            "It was not sent from a page that this server showed to this browser. Go back, load \
             the page again and send the form once more. Cookies must be allowed.",
        ),
        StatusCode::TOO_MANY_REQUESTS => {
            ("Too many attempts", "Wait a while before you try again.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("Too much text", "The form holds more than is taken."),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Forewarn is not available", "The database cannot be reached. Try again in a moment.")
        }
        status if status.is_client_error() => {
            ("This does not work", "The server does not understand what the browser sent.")
        }
        _ => (
            "Something went wrong",
            "The fault is on the server and has been noted. Try again later.",
        ),
    };
    Message::new(title, text).to("/", "To the start page")
}

/// Nothing is there: a page for browsers, JSON for others and for the API.
pub async fn missing(uri: Uri, headers: HeaderMap) -> Response {
    suited(Error::not_found(), &uri, &headers).await
}

/// The address takes other methods: a page for browsers, JSON for others and for the API.
pub async fn wrong_method(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let error = Error::Request(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("Method \"{method}\" not allowed.").into(),
    );
    suited(error, &uri, &headers).await
}

async fn suited(error: Error, uri: &Uri, headers: &HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || !wants_page(headers) {
        return error.into_response();
    }
    protected(Failure::Error(error).into_response()).await
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|list| list.split(',')).any(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case("text/html")
    })
}
