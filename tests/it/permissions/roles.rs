//! Every operation, called by people in every role.

use std::fmt::Write as _;

use reqwest::Method;
use serde_json::json;
use tests::{Answer, App, Client};

use super::{
    Tally,
    company::{Company, FOREIGN, Role},
    expectation::Expectation,
    factor,
    operation::Operation,
    place::{Place, is_empty, mentions},
    suited::suited,
};

/// What each operation answered to each role.
#[derive(Default)]
pub(super) struct Table {
    rows: Vec<(String, String, Vec<u16>)>,
    /// Kinds of records that were made to be called for.
    made: Vec<String>,
}

impl Table {
    /// One line for each operation, for people to review.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{:<76} {:<20}", "", "");
        for role in Role::ALL {
            write!(text, " {:<9}", format!("{role:?}")).expect("a text");
        }
        for (name, permission, statuses) in &self.rows {
            write!(text, "\n{name:<76} {permission:<20}").expect("a text");
            for status in statuses {
                write!(text, " {:<9}", word(*status)).expect("a text");
            }
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Operations that did what they are for in no role, and those without a permission.
    pub(super) fn uncovered(&self) -> String {
        let made = |name: &str| {
            let kind = name.strip_prefix("POST ").map(|path| path.trim_end_matches('/'));
            kind.is_some_and(|path| {
                self.made.iter().any(|kind| path.ends_with(&format!("/{kind}")))
            })
        };
        let uncovered = self.rows.iter().filter(|(name, permission, statuses)| {
            let succeeded = statuses.iter().any(|status| *status < 300) || made(name);
            permission == "public" || !succeeded
        });
        uncovered.flat_map(|(name, _, _)| [name.as_str(), "\n"]).collect()
    }
}

/// A success looks alike whatever its code, and so does what is wrong with a request.
fn word(status: u16) -> String {
    match status {
        200..300 => "yes".to_owned(),
        400 | 409 | 422 => "invalid".to_owned(),
        refusal => refusal.to_string(),
    }
}

/// Calls every operation in every role, the weakest first.
pub(super) async fn call_everything(
    app: &App,
    operations: &[Operation],
    company: &Company,
    tally: &mut Tally,
) -> Table {
    let mut table = Table::default();
    let mut place = company.place.clone();
    let mut ordered: Vec<&Operation> = operations.iter().collect();
    ordered.sort_by_key(|operation| turn(operation, &company.place));
    for operation in ordered {
        let mut statuses = Vec::new();
        for role in Role::ALL {
            place.suffix = format!(" {}", tally.cases);
            let answer = call(app, operations, operation, company, &mut place, role).await;
            judge(operation, role, &answer, tally);
            statuses.push(answer.status);
        }
        let permission = operation.permission.clone().unwrap_or_else(|| "public".to_owned());
        table.rows.push((operation.name(), permission, statuses));
    }
    table.rows.sort();
    table.made = place.made;
    table
}

/// What is deleted comes last, and what belongs to it before it.
fn turn(operation: &Operation, place: &Place) -> usize {
    if operation.method != Method::DELETE {
        return 0;
    }
    let kind = operation.kind().unwrap_or_default();
    let made = place.made.iter().rev().position(|one| one == kind);
    match (made, kind) {
        (None, "shared-with-me") => 0,
        (Some(turn), _) => turn + 1,
        (None, "organizations") => usize::MAX,
        (None, "teams") => usize::MAX - 1,
        (None, _) => usize::MAX - 2,
    }
}

async fn call(
    app: &App,
    operations: &[Operation],
    operation: &Operation,
    company: &Company,
    place: &mut Place,
    role: Role,
) -> Answer {
    if operation.permission.is_none() {
        return public(operation, company.person(Role::Stranger)).await;
    }
    let owner = company.person(Role::Security);
    let expected = Expectation::of(operation, role);
    let mut here = place.clone();
    if !expected.is_refusal() {
        reverse(operations, operation, place, owner).await;
        here = suited(app, operations, operation, company, place).await;
    }
    let client = company.person(role);
    let request = match factor::body(operation, client).await {
        Some(body) => here.request_with(operation, client, Some(body)),
        None => here.request(operation, client),
    };
    let answer = client.send(request).await;
    factor::remove(&answer, client).await;
    if operation.method == Method::DELETE && answer.status < 300 {
        replace(operations, operation, place, owner).await;
    }
    if operation.path.ends_with("/remove-member/") && answer.status < 300 {
        for addition in operations.iter().filter(|one| one.path.ends_with("/add-member/")) {
            owner.send(place.request(addition, owner)).await;
        }
    }
    answer
}

/// Public operations are called as they are in the document; most want a secret.
async fn public(operation: &Operation, stranger: &Client) -> Answer {
    let path = operation.path.replace("{token}", "none").replace("{key}", "none");
    let request = stranger.request(operation.method.clone(), &path);
    stranger.send(request.json(&json!({}))).await
}

/// Does the contrary of an operation that adds or removes something, so that it can be done.
async fn reverse(operations: &[Operation], operation: &Operation, place: &Place, owner: &Client) {
    let contrary = if operation.path.contains("/add") {
        operation.path.replace("/add", "/remove")
    } else {
        operation.path.replace("/remove", "/add")
    };
    let other = operations.iter().find(|one| one.path == contrary && one.path != operation.path);
    if let Some(other) = other {
        owner.send(place.request(other, owner)).await;
    }
}

/// Puts another record in the place of one that was deleted.
async fn replace(
    operations: &[Operation],
    deletion: &Operation,
    place: &mut Place,
    owner: &Client,
) {
    let Some(kind) = deletion.kind().map(str::to_owned) else { return };
    let creation =
        operations.iter().find(|one| one.creates(operations) && one.collection() == kind);
    let Some(creation) = creation else { return };
    if let Ok(id) = place.create(creation, owner).await {
        place.ids.insert(kind.clone(), id);
        place.made.push(kind);
    }
}

fn judge(operation: &Operation, role: Role, answer: &Answer, tally: &mut Tally) {
    tally.cases += 1;
    let expected = Expectation::of(operation, role);
    tally.refused += usize::from(expected.is_refusal());
    let foreign = role != Role::Outsider && mentions(answer, FOREIGN);
    let fits =
        expected.fits(answer.status) || expected == Expectation::Absent && is_empty(&answer.json);
    if !fits || foreign {
        let text = String::from_utf8_lossy(&answer.bytes);
        let text: String = text.chars().take(300).collect();
        let name = operation.name();
        tally.leaks.push(format!("{name} as {role:?}: {expected:?}, not {} {text}", answer.status));
    }
}
