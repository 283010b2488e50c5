use std::collections::HashMap;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{StatusCode, header},
};

use super::{
    Body,
    body::too_large,
    parts::{self, File},
};
use crate::error::{Error, Result};

/// A form that may carry files, or any other body without.
#[derive(Debug, Default)]
pub struct Upload {
    /// The fields that are no files.
    pub body: Body,
    is_form: bool,
    files: HashMap<String, File>,
}

impl Upload {
    /// The file in a field, taken out of the form.
    pub fn take_file(&mut self, name: &str) -> Option<File> {
        self.files.remove(name)
    }

    /// Whether it is a form with parts.
    pub const fn is_form(&self) -> bool {
        self.is_form
    }

    /// Reads a body that is a form with parts.
    pub(super) async fn from_form<S: Send + Sync>(request: Request, state: &S) -> Result<Self> {
        let form = Multipart::from_request(request, state)
            .await
            .map_err(|rejection| Error::bad_request(rejection.body_text()))?;
        let parts = parts::read(form).await.map_err(|error| malformed(&error))?;
        Ok(Self { body: Body::from(parts.fields), is_form: true, files: parts.files })
    }
}

fn malformed(error: &MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    Error::bad_request(format!("Multipart form parse error - {}", error.body_text()))
}

impl<S: Send + Sync> FromRequest<S> for Upload {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_form = kind.is_some_and(|kind| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("multipart/form-data")
        });
        if is_form {
            return Self::from_form(request, state).await;
        }
        let body = Body::from_request(request, state).await?;
        Ok(Self { body, is_form: false, files: HashMap::new() })
    }
}

/// The operation describes its body itself.
impl OperationInput for Upload {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
