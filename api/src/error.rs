//! Domain errors on their way out: the only place that knows both errors and status codes.

use std::{borrow::Cow, time::Duration};

use aide::OperationOutput;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use domain::{Refusal, Violations, account::CodeError};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::wire::camel_case;

/// The result of a handler.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub enum Error {
    /// A rule of the domain.
    Domain(domain::Error),
    /// No credentials were sent.
    Unauthenticated,
    /// The credentials are no valid token.
    TokenNotValid(&'static str),
    /// The password is right, and the code of the second factor is missing.
    CodeMissing,
    /// The password is right, and the code of the second factor is not.
    CodeWrong,
    /// The request itself is wrong: status, code, text for people.
    Request(StatusCode, &'static str, Cow<'static, str>),
    /// Too many attempts; another one is admitted after so long.
    Throttled(Duration),
    /// An answer that an endpoint makes itself, with its status.
    Answer(StatusCode, Box<Value>),
}

/// An error for the request as a whole.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error", example = example())]
pub struct Problem {
    /// For people.
    pub detail: String,
    /// Stable, machine readable.
    pub code: &'static str,
}

fn example() -> Value {
    json!({"detail": "Not found.", "code": "not_found"})
}

impl Error {
    /// A malformed request.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Request(StatusCode::BAD_REQUEST, "parse_error", detail.into())
    }

    /// A sign-in that was refused.
    pub fn of_sign_in(error: CodeError) -> Self {
        match error {
            CodeError::Missing => Self::CodeMissing,
            CodeError::Wrong => Self::CodeWrong,
            CodeError::Domain(error) => Self::Domain(error),
        }
    }

    /// A refusal with a code and a text of its own.
    pub const fn refused(code: &'static str, detail: &'static str) -> Self {
        Self::Request(StatusCode::FORBIDDEN, code, Cow::Borrowed(detail))
    }

    /// Nothing is there, or the caller must not know of it.
    pub const fn not_found() -> Self {
        Self::Domain(domain::Error::NotFound)
    }
}

impl<E: Into<domain::Error>> From<E> for Error {
    fn from(error: E) -> Self {
        Self::Domain(error.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        match self {
            Self::Domain(error) => domain_response(error),
            Self::Unauthenticated => unauthenticated(json!({
                "detail": "Authentication credentials were not provided.",
                "code": "not_authenticated",
            })),
            Self::TokenNotValid(message) => unauthenticated(json!({
                "detail": "Given token not valid for any token type",
                "code": "token_not_valid",
                "messages": [{
                    "tokenClass": "AccessToken",
                    "tokenType": "access",
                    "message": message,
                }],
            })),
            Self::CodeMissing => {
                let text = CodeError::Missing.to_string();
                problem(StatusCode::UNAUTHORIZED, "second_factor_required", text)
            }
            Self::CodeWrong => {
                let text = CodeError::Wrong.to_string();
                problem(StatusCode::UNAUTHORIZED, "second_factor_invalid", text)
            }
            Self::Request(status, code, detail) => problem(status, code, detail.into_owned()),
            Self::Throttled(wait) => throttled(wait),
            Self::Answer(status, body) => (status, Json(*body)).into_response(),
        }
    }
}

fn throttled(wait: Duration) -> Response {
    let seconds = wait.as_secs() + 1;
    let detail = format!("Too many attempts. Try again in {seconds} seconds.");
    let answer = problem(StatusCode::TOO_MANY_REQUESTS, "throttled", detail);
    ([("retry-after", seconds.to_string())], answer).into_response()
}

fn unauthenticated(body: Value) -> Response {
    let challenge = [("www-authenticate", "Bearer realm=\"api\"")];
    (StatusCode::UNAUTHORIZED, challenge, Json(body)).into_response()
}

fn problem(status: StatusCode, code: &'static str, detail: String) -> Response {
    (status, Json(Problem { detail, code })).into_response()
}

fn domain_response(error: domain::Error) -> Response {
    use domain::Error as E;
    match error {
        E::NotFound => problem(StatusCode::NOT_FOUND, "not_found", error.to_string()),
        E::Forbidden(_) => problem(StatusCode::FORBIDDEN, "permission_denied", error.to_string()),
        E::Invalid(violations) => {
            (StatusCode::BAD_REQUEST, Json(fields(&violations))).into_response()
        }
        E::Refused(refusal, text) => {
            (refused_status(refusal), Json(json!({"error": text}))).into_response()
        }
        E::Exhausted(wait) => throttled(wait),
        E::Duplicate(what) => {
            tracing::info!(constraint = what, "refused a duplicate");
            let text = "A record with these values exists already.";
            let violations = Violations::of(Violations::OBJECT, text);
            (StatusCode::BAD_REQUEST, Json(fields(&violations))).into_response()
        }
        E::Unavailable(_) => {
            log(&error);
            let detail = "The database cannot be reached. Try again in a moment.".to_owned();
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
        }
        E::Database(_) | E::Internal(_) => {
            log(&error);
            let detail = "Something went wrong on the server.".to_owned();
            problem(StatusCode::INTERNAL_SERVER_ERROR, "error", detail)
        }
    }
}

fn log(error: &domain::Error) {
    let cause = std::error::Error::source(error);
    tracing::error!(error = error as &dyn std::error::Error, cause, "request failed");
}

const fn refused_status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Unfit => StatusCode::BAD_REQUEST,
        Refusal::Missing => StatusCode::NOT_FOUND,
        Refusal::Gone => StatusCode::GONE,
        Refusal::Conflict => StatusCode::CONFLICT,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The fields with the names that clients use.
pub fn fields(violations: &Violations) -> Map<String, Value> {
    violations
        .iter()
        .map(|(field, problems)| (camel_case(field).into_owned(), problems.clone()))
        .collect()
}

impl OperationOutput for Error {
    type Inner = Problem;
}
