//! The parts of a form, whatever is made of them. Uses nothing else of this crate, so that it can be
//! tried alone.

use std::collections::HashMap;

use axum::{
    body::Bytes,
    extract::{Multipart, multipart::MultipartError},
};
use serde_json::{Map, Value};

/// What a form holds.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    /// Texts by name. A name that comes again makes a list.
    pub(crate) fields: Map<String, Value>,
    /// Files by name. Of several with one name the last counts.
    pub(crate) files: HashMap<String, File>,
}

/// A file in a form.
#[derive(Clone, Debug)]
pub struct File {
    /// The name that the client gave it.
    pub name: String,
    /// What is in it.
    pub content: Bytes,
}

/// Reads a form to its end. Parts without a name are left out.
pub(crate) async fn read(mut form: Multipart) -> Result<Parts, MultipartError> {
    let mut parts = Parts::default();
    while let Some(part) = form.next_field().await? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        if let Some(file) = part.file_name().map(str::to_owned) {
            let content = part.bytes().await?;
            parts.files.insert(name, File { name: file, content });
        } else {
            add(&mut parts.fields, name, Value::String(part.text().await?));
        }
    }
    Ok(parts)
}

/// Adds a field of a form; a name that comes again makes a list.
pub(crate) fn add(object: &mut Map<String, Value>, name: String, value: Value) {
    match object.get_mut(&name) {
        None => {
            object.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}
