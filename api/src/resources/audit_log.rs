//! The audit log: what was changed or refused in an organization.

use std::collections::HashMap;

use aide::{axum::ApiRouter, transform::TransformOperation};
use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use domain::{
    audit::{self, EntrySearch},
    permission::ReadAudit,
    store::Person,
};
use entity::{
    Actor, Id,
    audit_entry::{Entity, Model},
    choice::AuditOutcome,
    organization, user,
};
use futures::{Stream, StreamExt as _};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    error::{Error, Result},
    extract::{Allowed, Key},
    input::Params,
    resource::{Page, answer_file, describe, page_of, page_parameter, query_parameter},
    routing::get_with,
    state::AppState,
    wire::Timestamp,
};

const TAG: &str = "Audit log";

/// Entries that an export reads at a time.
const BATCH: u64 = 500;

/// An entry of the audit log.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuditEntry")]
struct View {
    id: Id<Entity>,
    organization: Id<organization::Entity>,
    /// The place in the log of the organization, counted from 1 without gaps.
    position: i64,
    happened_at: Timestamp,
    /// Id of the user; null for work that no user asked for.
    user: Option<i64>,
    /// The address of the user; null if the account is gone.
    user_email: Option<String>,
    /// Id of the personal token that was used, if one was.
    api_token: Option<i64>,
    /// Id of the operation, `job:` and the kind of a job, or `command:` and the command of an
    /// operator.
    operation: String,
    outcome: AuditOutcome,
    /// The table of the record that it is about.
    target_type: Option<String>,
    /// The id of that record.
    target_id: Option<String>,
    threat_model: Option<i64>,
    /// Where the request came from.
    address: Option<String>,
    /// What the client said it was.
    user_agent: Option<String>,
    /// Id of the request, as in its header `X-Request-Id`, or of the job.
    request_id: Option<String>,
    /// Id of the trace, if there was one.
    trace_id: Option<String>,
    /// By table: how many records were `added`, `changed` and `removed`, and, if they are at most
    /// 20, `rows` with their values before and after. Secrets are hidden, long values cut.
    changes: Value,
    /// SHA-256 over this entry and the hash of the one before, in hexadecimal digits.
    hash: String,
}

impl View {
    fn new(row: Model, people: &HashMap<Id<user::Entity>, Person>) -> Self {
        let person = row.user_id.and_then(|user| people.get(&Id::trusted(user)));
        Self {
            user_email: person.map(|person| person.email.clone()),
            id: row.id,
            organization: row.organization_id,
            position: row.position,
            happened_at: row.happened_at.into(),
            user: row.user_id,
            api_token: row.api_token_id,
            operation: row.operation,
            outcome: row.outcome,
            target_type: row.target_type,
            target_id: row.target_id,
            threat_model: row.threat_model_id,
            address: row.address,
            user_agent: row.user_agent,
            request_id: row.request_id,
            trace_id: row.trace_id,
            changes: row.changes.into_inner(),
            hash: row.hash,
        }
    }
}

async fn views(rows: Vec<Model>, state: &AppState, actor: &Actor) -> Result<Vec<View>> {
    let users = rows.iter().filter_map(|row| row.user_id).map(Id::trusted);
    let people = state.store.read(actor).people(users).await?;
    Ok(rows.into_iter().map(|row| View::new(row, &people)).collect())
}

/// Entries of all organizations in whose security teams you are, latest first.
async fn list(
    State(state): State<AppState>,
    actor: Allowed<ReadAudit>,
    params: Params,
) -> Result<Json<Page<View>>> {
    let search = search(&params)?;
    let (rows, place) = page_of(audit::entries(state.store.read(&actor), &search), &params).await?;
    Ok(Json(place.page(views(rows, &state, &actor).await?, &params)))
}

/// One entry.
async fn show(
    State(state): State<AppState>,
    actor: Allowed<ReadAudit>,
    Key(key): Key<Entity>,
) -> Result<Json<View>> {
    let row = state.store.read(&actor).get::<Entity>(key).await?;
    let mut views = views(vec![row], &state, &actor).await?;
    views.pop().map(Json).ok_or_else(Error::not_found)
}

/// All entries that match, oldest first, as a file of any length: one JSON object a line, or with
/// `format=csv` a table.
async fn export(
    State(state): State<AppState>,
    actor: Allowed<ReadAudit>,
    params: Params,
) -> Result<Response> {
    let search = search(&params)?;
    let form = form(&params)?;
    let kind = match form {
        Form::Lines => LINES.to_owned(),
        Form::Table => format!("{TABLE}; charset=utf-8"),
    };
    let name = format!("attachment; filename=\"audit-log.{}\"", form.suffix());
    let body = Body::from_stream(pieces(state, actor.clone(), search, form));
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)];
    Ok((StatusCode::OK, headers, body).into_response())
}

/// Media types of the file.
const LINES: &str = "application/x-ndjson";
const TABLE: &str = "text/csv";

#[derive(Clone, Copy)]
enum Form {
    Lines,
    Table,
}

impl Form {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Lines => "ndjson",
            Self::Table => "csv",
        }
    }

    fn head(self) -> String {
        match self {
            Self::Lines => String::new(),
            Self::Table => COLUMNS.join(",") + "\r\n",
        }
    }

    fn line(self, entry: &Value) -> String {
        match self {
            Self::Lines => format!("{entry}\n"),
            Self::Table => COLUMNS.map(|name| cell(&entry[name])).join(",") + "\r\n",
        }
    }
}

const COLUMNS: [&str; 17] = [
    "id",
    "organization",
    "position",
    "happenedAt",
    "user",
    "userEmail",
    "apiToken",
    "operation",
    "outcome",
    "targetType",
    "targetId",
    "threatModel",
    "address",
    "userAgent",
    "requestId",
    "traceId",
    "changes",
];

/// A value in a table. A text that a spreadsheet would take for a formula gets an apostrophe.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Where an export stands.
enum Reading {
    After(i64),
    Ended,
}

fn pieces(
    state: AppState,
    actor: Actor,
    search: EntrySearch,
    form: Form,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    let begin = (state, actor, search, Reading::After(0));
    let pieces =
        futures::stream::unfold(begin, move |(state, actor, search, reading)| async move {
            let Reading::After(last) = reading else { return None };
            match piece(&state, &actor, &search, last, form).await {
                Ok((text, next)) => Some((Ok(text.into()), (state, actor, search, next))),
                Err(error) => {
                    tracing::error!(?error, "an export of the audit log was broken off");
                    let broken = std::io::Error::other("the export was broken off");
                    Some((Err(broken), (state, actor, search, Reading::Ended)))
                }
            }
        });
    // Compression asks once more after the end.
    pieces.fuse()
}

async fn piece(
    state: &AppState,
    actor: &Actor,
    search: &EntrySearch,
    last: i64,
    form: Form,
) -> Result<(String, Reading)> {
    let rows = audit::entries_after(state.store.read(actor), search, last, BATCH).await?;
    let whole = rows.len() as u64 == BATCH;
    let next = match rows.last() {
        Some(row) if whole => Reading::After(row.id.key()),
        _ => Reading::Ended,
    };
    let mut text = if last == 0 { form.head() } else { String::new() };
    for view in views(rows, state, actor).await? {
        text.push_str(&form.line(&json!(view)));
    }
    Ok((text, next))
}

fn form(params: &Params) -> Result<Form> {
    match params.get("format") {
        None | Some("ndjson") => Ok(Form::Lines),
        Some("csv") => Ok(Form::Table),
        Some(_) => Err(domain::Error::invalid("format", "Choose ndjson or csv.").into()),
    }
}

fn search(params: &Params) -> Result<EntrySearch> {
    let text = |name| params.get(name).map(str::to_owned);
    Ok(EntrySearch {
        user: number(params, "user")?,
        operation: text("operation"),
        outcome: outcome(params)?,
        target_type: text("target_type"),
        target_id: text("target_id"),
        threat_model: number(params, "threat_model")?,
        organization: number(params, "organization")?,
        request_id: text("request_id"),
        since: moment(params, "since")?,
        until: moment(params, "until")?,
    })
}

fn number(params: &Params, name: &str) -> Result<Option<i64>> {
    let wrong = || domain::Error::invalid(name, "A whole number is needed.");
    Ok(params.get(name).map(|text| text.parse().map_err(|_| wrong())).transpose()?)
}

fn moment(params: &Params, name: &str) -> Result<Option<DateTime<Utc>>> {
    let wrong = || domain::Error::invalid(name, "A time is needed, such as 2026-11-23T17:05:00Z.");
    let parsed = params.get(name).map(|text| {
        DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc()).map_err(|_| wrong())
    });
    Ok(parsed.transpose()?)
}

fn outcome(params: &Params) -> Result<Option<AuditOutcome>> {
    match params.get("outcome") {
        None => Ok(None),
        Some("done") => Ok(Some(AuditOutcome::Done)),
        Some("refused") => Ok(Some(AuditOutcome::Refused)),
        Some(_) => Err(domain::Error::invalid("outcome", "Choose done or refused.").into()),
    }
}

fn filters(operation: TransformOperation<'_>) -> TransformOperation<'_> {
    let number = || json!({"type": "integer", "format": "int64"});
    let text = || json!({"type": "string"});
    let moment = || json!({"type": "string", "format": "date-time"});
    let filters = [
        ("organization", "Only of this organization.", number()),
        ("user", "Only by this user.", number()),
        ("operation", "Only by this operation, such as `createThreatModel`.", text()),
        (
            "outcome",
            "Only what was done, or only what was refused.",
            json!({"type": "string", "enum": ["done", "refused"]}),
        ),
        ("target_type", "Only about records of this table, such as `threat_model`.", text()),
        ("target_id", "Only about the record with this id.", text()),
        ("threat_model", "Only about this threat model and what is in it.", number()),
        ("request_id", "Only of this request.", text()),
        ("since", "Only at this time or later.", moment()),
        ("until", "Only before this time.", moment()),
    ];
    filters.into_iter().fold(operation, |operation, (name, meaning, schema)| {
        query_parameter(operation, name, meaning, schema)
    })
}

/// The routes of this module.
pub fn routes() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(
            "/api/audit-log/",
            get_with(list, |operation| {
                let operation = describe(operation, "listAuditEntries", TAG);
                page_parameter(filters(operation)).summary("What was changed and by whom")
            }),
        )
        .api_route(
            "/api/audit-log/export/",
            get_with(export, |operation| {
                let operation = filters(describe(operation, "exportAuditLog", TAG));
                let forms = json!({"type": "string", "enum": ["ndjson", "csv"]});
                let operation =
                    query_parameter(operation, "format", "The form of the file.", forms);
                answer_file(operation, &[LINES, TABLE], "The entries, one a line.")
                    .summary("The audit log as a file")
            }),
        )
        .api_route(
            "/api/audit-log/{id}/",
            get_with(show, |operation| {
                describe(operation, "getAuditEntry", TAG).summary("One entry of the audit log")
            }),
        )
}
