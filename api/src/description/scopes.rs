//! Which personal tokens suffice for an operation, where that follows from its method.

use axum::http::Method;
use domain::Effect;
use serde_json::{Value, json};

use crate::extract::{OF_METHOD, TOKEN_SCOPE, scope_for};

/// Completes what the operations of a document say.
pub(super) fn complete(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object_mut());
    for (method, operation) in items.flatten() {
        if operation.get(TOKEN_SCOPE).is_none_or(|stated| stated != OF_METHOD) {
            continue;
        }
        let method = method.to_uppercase().parse().unwrap_or(Method::POST);
        operation[TOKEN_SCOPE] = json!(scope_for(Effect::OfMethod, &method));
    }
}
