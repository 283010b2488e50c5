//! The form with which images are uploaded.

use aide::{
    generate::in_context,
    openapi::{MediaType, ReferenceOr, RequestBody, SchemaObject},
    transform::TransformOperation,
};
use domain::{
    Violations,
    model::{
        images::Caption,
        picture::{Picture, Unfit},
    },
};
use schemars::JsonSchema;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::{
    error::Result,
    input::{Body, Upload, read_text},
};

/// How many pictures are decoded at a time; each may take 200 MB while it is.
static DECODING: Semaphore = Semaphore::const_new(2);

/// Whether a form must hold a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
}

/// What is uploaded.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the form in the API document")]
pub(super) struct NewImage {
    /// The file.
    #[schemars(extend("format" = "binary"))]
    image: String,
    #[schemars(length(max = 255))]
    filename: String,
    description: Option<String>,
}

/// What can be changed.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the form in the API document")]
pub(super) struct ImageChange {
    /// Another file, in forms only.
    #[schemars(extend("format" = "binary"))]
    image: Option<String>,
    #[schemars(length(max = 255))]
    filename: Option<String>,
    description: Option<String>,
    /// Position among the images, lowest first.
    #[schemars(range(min = 0))]
    display_order: Option<i32>,
}

/// What is said about a new image, and its file.
pub(super) async fn read(mut form: Upload) -> Result<(Caption, Picture)> {
    let mut violations = Violations::default();
    let filename = filename(&form.body, &mut violations);
    let description = description(&form.body, &mut violations);
    let picture = decoded(&mut form, Presence::Required, &mut violations).await;
    let Some(picture) = picture.filter(|_| violations.is_empty()) else {
        return Err(domain::Error::Invalid(violations).into());
    };
    Ok((Caption { filename, description }, picture))
}

/// The file in a form that changes an image.
pub(super) async fn picture(form: &mut Upload, presence: Presence) -> Result<Option<Picture>> {
    let mut violations = Violations::default();
    let picture = decoded(form, presence, &mut violations).await;
    violations.check()?;
    Ok(picture)
}

fn filename(body: &Body, violations: &mut Violations) -> String {
    let text = match body.get("filename") {
        None => Err("This field is required.".to_owned()),
        Some(Value::Null) => Err("This field may not be null.".to_owned()),
        Some(value) => read_text(value),
    };
    match text {
        Ok(text) if text.is_empty() => {
            violations.add("filename", "This field may not be blank.");
        }
        Ok(text) if text.chars().count() > 255 => {
            violations.add("filename", "Ensure this field has no more than 255 characters.");
        }
        Ok(text) => return text,
        Err(problem) => violations.add("filename", problem),
    }
    String::new()
}

fn description(body: &Body, violations: &mut Violations) -> String {
    match body.get("description").map(read_text) {
        None => String::new(),
        Some(Ok(text)) => text,
        Some(Err(problem)) => {
            violations.add("description", problem);
            String::new()
        }
    }
}

async fn decoded(
    form: &mut Upload,
    presence: Presence,
    violations: &mut Violations,
) -> Option<Picture> {
    let Some(file) = form.take_file("image") else {
        match form.body.get("image") {
            None | Some(Value::Null) if presence == Presence::Optional => {}
            None | Some(Value::Null) => violations.add("image", "No file was submitted."),
            Some(_) => violations.add(
                "image",
                "The submitted data was not a file. Check the encoding type on the form.",
            ),
        }
        return None;
    };
    match check(file.content.into()).await {
        Ok(picture) => Some(picture),
        Err(problem) => {
            violations.add("image", problem.to_string());
            None
        }
    }
}

/// Decodes on a thread of its own, since it takes long, and not too many at a time.
pub(in crate::resources) async fn check(content: Vec<u8>) -> Result<Picture, Unfit> {
    let _permit = DECODING.acquire().await.ok();
    let decoding = tokio::task::spawn_blocking(|| Picture::read(content));
    // A decoder that panics has met a malformed file.
    decoding.await.unwrap_or(Err(Unfit::NotAPicture))
}

/// Documents a form with a file, besides bodies that are documented already.
pub(super) fn document<T: JsonSchema>(
    mut operation: TransformOperation<'_>,
) -> TransformOperation<'_> {
    let schema = in_context(|context| context.schema.subschema_for::<T>());
    let schema = SchemaObject { json_schema: schema, external_docs: None, example: None };
    let media = MediaType { schema: Some(schema), ..MediaType::default() };
    let body = operation.inner_mut().request_body.get_or_insert_with(|| {
        ReferenceOr::Item(RequestBody { required: true, ..RequestBody::default() })
    });
    if let ReferenceOr::Item(body) = body {
        body.content.insert("multipart/form-data".to_owned(), media);
    }
    operation
}
