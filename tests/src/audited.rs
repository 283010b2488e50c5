//! Every operation that changed something is in the audit log, once. Checked at the end of every
//! test, for all that the test did.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Request, State},
    http::Method,
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::Value;

/// Operations that may succeed without a change, and why. Pages do what operations do.
const QUIET: &str = include_str!("../quiet-operations.txt");

/// A change that was asked for and done.
#[derive(Clone, Debug)]
struct Done {
    operation: String,
    request: String,
}

/// What was done through one API.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book(Arc<Mutex<Vec<Done>>>);

impl Book {
    /// The routes, with all that is done noted here.
    pub(crate) fn over(&self, routes: Router) -> Router {
        routes.layer(from_fn_with_state(self.clone(), note))
    }

    /// Forgets what was done.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is not in the audit log of a database as it should be.
    pub(crate) async fn faults(&self, database: &str) -> Vec<String> {
        let done = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if done.is_empty() {
            return Vec::new();
        }
        let entries = entries(database).await;
        done.iter().filter_map(|done| fault(done, &entries)).collect()
    }
}

fn fault(done: &Done, entries: &BTreeMap<(String, String), i64>) -> Option<String> {
    let Done { operation, request } = done;
    let number = entries.get(&(request.clone(), operation.clone())).copied().unwrap_or_default();
    let may_be_quiet = quiet().any(|name| name == operation);
    match number {
        1 => None,
        0 if may_be_quiet => None,
        _ => Some(format!("{operation}: {number} entries in the audit log")),
    }
}

/// The operations that may change nothing.
pub fn quiet() -> impl Iterator<Item = &'static str> {
    reasons().map(|(operation, _)| operation)
}

/// The operations that may change nothing, and why.
pub fn reasons() -> impl Iterator<Item = (&'static str, &'static str)> {
    QUIET.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "))
}

async fn note(State(book): State<Book>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let changes = matches!(method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE);
    let replayed = response.headers().contains_key("idempotency-replayed");
    if changes && response.status().is_success() && !replayed && path.starts_with("/api/") {
        let request = response.headers().get("x-request-id").and_then(|id| id.to_str().ok());
        let request = request.unwrap_or_default().to_owned();
        let operation = operation(&method, &path);
        let mut done = book.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.push(Done { operation, request });
    }
    response
}

/// The id of the operation at an address.
fn operation(method: &Method, path: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.trim_end_matches('/').split('/').map(str::to_owned).collect()
    };
    let asked = parts(path);
    let paths = api::document()["paths"].as_object().expect("paths");
    let fitting = paths.iter().filter(|(template, _)| {
        let template = parts(template);
        template.len() == asked.len()
            && template.iter().zip(&asked).all(|(one, other)| one.starts_with('{') || one == other)
    });
    let exact = fitting.min_by_key(|(template, _)| template.matches('{').count());
    let operation = exact.map(|(_, item)| &item[method.as_str().to_lowercase()]["operationId"]);
    operation.and_then(Value::as_str).unwrap_or(path).to_owned()
}

/// How many entries there are by request and operation.
#[expect(clippy::disallowed_methods, reason = "a look into the table beside the product")]
async fn entries(database: &str) -> BTreeMap<(String, String), i64> {
    let connection = Database::connect(database).await.expect("the database of the test");
    let statement = Statement::from_string(
        connection.get_database_backend(),
        "SELECT request_id, operation, COUNT(*) AS number FROM audit_entry \
         WHERE request_id IS NOT NULL AND outcome = 'done' GROUP BY request_id, operation",
    );
    let rows = connection.query_all_raw(statement).await.expect("the audit log");
    let counted = rows.iter().map(|row| {
        let text = |name| row.try_get::<String>("", name).expect("a text");
        let number = row.try_get("", "number").expect("a number");
        ((text("request_id"), text("operation")), number)
    });
    counted.collect()
}
