//! A form with parts, of which one is a picture, as it is uploaded. The boundary is `x`; the first
//! byte says in pieces of which length the form arrives.

#![no_main]

// The file alone, since the rest of the API would have to be compiled, too, the type setter of
// reports included.
#[path = "../../../api/src/input/parts.rs"]
mod parts;

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use domain::model::picture::Picture;
use futures::{executor::block_on, stream};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|content: &[u8]| {
    let Some((first, form)) = content.split_first() else { return };
    block_on(read(usize::from(*first) + 1, form));
});

async fn read(length: usize, form: &[u8]) {
    let piece = |piece: &[u8]| Ok::<_, Infallible>(piece.to_vec());
    let pieces: Vec<_> = form.chunks(length).map(piece).collect();
    let request = Request::builder()
        .header(CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from_stream(stream::iter(pieces)))
        .expect("a request");
    let form = Multipart::from_request(request, &()).await.expect("a form with parts");
    let Ok(parts) = parts::read(form).await else { return };
    let is_text = |value: &Value| match value {
        Value::Array(list) => list.iter().all(Value::is_string),
        value => value.is_string(),
    };
    assert!(parts.fields.values().all(is_text));
    for file in parts.files.values() {
        let _ = file.name.len();
        let _ = Picture::read(file.content.clone().into());
    }
}
