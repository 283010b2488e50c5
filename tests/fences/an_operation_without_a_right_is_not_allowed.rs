use api::{AppState, extract::Allowed};
use axum::extract::FromRequestParts;

pub struct Everything;

fn extracts<E: FromRequestParts<AppState>>() {}

pub fn undeclared() {
    extracts::<Allowed<Everything>>();
}
