use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use domain::{Error as DomainError, Violations};
use entity::Ref;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Upload, parts::add, value::read_key};
use crate::{
    error::{Error, Result},
    wire::camel_case,
};

/// An object that a client sent, as JSON or as a form. Field names may be in camel or snake case.
#[derive(Debug, Default)]
pub struct Body(Map<String, Value>);

impl Body {
    /// The value of a field, named in snake case.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(camel_case(name).as_ref()).or_else(|| self.0.get(name))
    }

    /// The reference in a field: none if it is missing or null, an error if it is no id.
    pub fn reference<E>(&self, name: &str) -> domain::Result<Option<Ref<E>>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match read_key(value) {
                Ok(key) => Ok(Some(Ref::new(key))),
                Err(message) => Err(DomainError::invalid(name, message)),
            },
        }
    }

    /// The reference in a field that an action needs.
    pub fn required_reference<E>(&self, name: &str) -> Result<Ref<E>> {
        self.reference(name)?
            .ok_or_else(|| DomainError::unfit(format!("{name} is required")).into())
    }

    /// The text in a field, trimmed: none if it is missing, null or blank.
    pub fn text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match super::read_text(value) {
                Ok(text) if text.is_empty() => Ok(None),
                Ok(text) => Ok(Some(text)),
                Err(message) => Err(DomainError::invalid(name, message).into()),
            },
        }
    }

    /// The flag in a field, or false.
    pub fn flag(&self, name: &str) -> Result<bool> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(value) => super::read_flag(value)
                .map_err(|message| DomainError::invalid(name, message).into()),
        }
    }

    /// The whole object.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }

    /// The whole object as `T`, whose field names are in camel case.
    pub fn parse<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_value(Value::Object(self.0))
            .map_err(|error| DomainError::invalid_object(error.to_string()).into())
    }
}

impl From<Map<String, Value>> for Body {
    fn from(object: Map<String, Value>) -> Self {
        Self(object)
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("application/json")
            .to_owned();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "multipart/form-data" => Ok(Upload::from_form(request, state).await?.body),
            "application/x-www-form-urlencoded" => Ok(form(&bytes(request, state).await?)),
            kind if kind == "application/json" || kind.ends_with("+json") => {
                json(&bytes(request, state).await?)
            }
            other => Err(Error::Request(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                format!("Unsupported media type \"{other}\" in request.").into(),
            )),
        }
    }
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let status = rejection.status();
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            return too_large();
        }
        Error::Request(status, "parse_error", rejection.body_text().into())
    })
}

/// The answer to a body above the limit of its endpoint.
pub(crate) fn too_large() -> Error {
    Error::Request(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "The request body is larger than this endpoint accepts.".into(),
    )
}

fn json(bytes: &Bytes) -> Result<Body> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Body::default());
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Error::bad_request(format!("JSON parse error - {error}")))?;
    match value {
        Value::Object(object) => Ok(Body(object)),
        other => Err(DomainError::Invalid(Violations::of(
            Violations::OBJECT,
            format!("Invalid data. Expected an object, but got {}.", kind_of(&other)),
        ))
        .into()),
    }
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn form(bytes: &Bytes) -> Body {
    let mut object = Map::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        add(&mut object, name.into_owned(), Value::String(value.into_owned()));
    }
    Body(object)
}

/// The operation describes its body itself.
impl OperationInput for Body {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}
