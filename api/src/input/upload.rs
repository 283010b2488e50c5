use std::collections::HashMap;

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    body::Bytes,
    extract::{FromRequest, Multipart, Request, multipart::MultipartError},
    http::{StatusCode, header},
};
use serde_json::{Map, Value};

use super::{
    Body,
    body::{add, too_large},
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

/// A file in a form.
#[derive(Clone, Debug)]
pub struct File {
    /// The name that the client gave it.
    pub name: String,
    /// What is in it.
    pub content: Bytes,
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
        let mut form = Multipart::from_request(request, state)
            .await
            .map_err(|rejection| Error::bad_request(rejection.body_text()))?;
        let mut fields = Map::new();
        let mut files = HashMap::new();
        while let Some(part) = form.next_field().await.map_err(|error| malformed(&error))? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            if let Some(file) = part.file_name().map(str::to_owned) {
                let content = part.bytes().await.map_err(|error| malformed(&error))?;
                files.insert(name, File { name: file, content });
            } else {
                let text = part.text().await.map_err(|error| malformed(&error))?;
                add(&mut fields, name, Value::String(text));
            }
        }
        Ok(Self { body: Body::from(fields), is_form: true, files })
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
