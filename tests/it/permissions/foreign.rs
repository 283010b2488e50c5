//! Every id in paths, bodies and queries replaced by one that the caller must not reach.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use tests::{Answer, Client};

use super::{
    Tally,
    company::{Company, FOREIGN, OF_OTHER_TEAM, Role},
    operation::{Contents, Operation},
    place::{Place, is_empty, mentions, put_at, text},
    place_of_other_team, place_that_is_gone, reference,
};

/// Ids in drawings, and what they name. One that means nothing to the drawer is as if it were not
/// there.
const DRAWN: [(&str, &str); 6] = [
    ("componentId", "components"),
    ("componentLibraryId", "component-library"),
    ("trustZoneId", "trust-zones"),
    ("orgsystemId", "systems"),
    ("dataflowId", "data-flows"),
    ("trustBoundaryId", "trust-boundaries"),
];

/// Somebody, and records that he must not reach.
struct Attack<'w> {
    client: &'w Client,
    own: &'w Place,
    others: &'w Place,
    /// What answers must not contain.
    mark: &'w str,
    /// Kinds of which the records cannot be reached.
    hidden: Vec<String>,
    label: &'static str,
}

/// Tries ids of another organization, of another team, and of what was deleted.
pub(super) async fn try_everybodys_ids(
    operations: &[Operation],
    company: &Company,
    other: &Company,
    tally: &mut Tally,
) {
    let theirs = place_of_other_team(operations, company).await;
    let gone = place_that_is_gone(operations, company).await;
    let own = &company.place;
    let all = |place: &Place| place.ids.keys().cloned().collect::<Vec<_>>();
    let lead = company.person(Role::Lead);
    let attacks = [
        Attack {
            client: company.person(Role::Security),
            own,
            others: &other.place,
            mark: FOREIGN,
            hidden: all(own),
            label: "another organization's",
        },
        Attack {
            client: company.person(Role::Security),
            own,
            others: &gone,
            mark: FOREIGN,
            hidden: all(own),
            label: "a deleted",
        },
        Attack {
            client: lead,
            own,
            others: &theirs,
            mark: OF_OTHER_TEAM,
            hidden: hidden_from(operations, lead, &theirs).await,
            label: "another team's",
        },
    ];
    for attack in &attacks {
        for operation in operations.iter().filter(|one| one.permission.is_some()) {
            attack.paths(operation, tally).await;
            attack.bodies(operation, tally).await;
            attack.filters(operation, tally).await;
        }
        attack.drawings(operations, tally).await;
    }
}

/// Kinds of which somebody cannot read the records of a place.
async fn hidden_from(operations: &[Operation], client: &Client, place: &Place) -> Vec<String> {
    let mut hidden = Vec::new();
    for operation in operations.iter().filter(|one| one.is_read() && one.path.ends_with("}/")) {
        let Some((_, kind)) = operation.places().last().copied() else { continue };
        if client.get(&place.path(operation)).await.status == 404 {
            hidden.push(kind.to_owned());
        }
    }
    assert!(hidden.iter().any(|kind| kind == "threat-models"), "{hidden:?}");
    hidden.push("referenced-models".to_owned());
    assert!(hidden.len() > 15, "{hidden:?}");
    hidden
}

impl Attack<'_> {
    /// Every placeholder of the path, one after the other.
    async fn paths(&self, operation: &Operation, tally: &mut Tally) {
        for (placeholder, kind) in operation.places() {
            let Some(id) = self.other_id(kind) else { continue };
            let mut place = self.own.clone();
            place.ids.insert(kind.to_owned(), id);
            let request = place.request_with(operation, self.client, self.own.body(operation));
            let answer = self.client.send(request).await;
            let refused = matches!(answer.status, 403 | 404) || is_empty(&answer.json);
            self.judge(operation, placeholder, &answer, refused, tally);
        }
    }

    /// Every id in the body, one after the other.
    async fn bodies(&self, operation: &Operation, tally: &mut Tally) {
        let Contents::Json(_, positions) = &operation.body else { return };
        if names_any_account(operation) {
            return;
        }
        for (pointer, name) in positions {
            let Some(kind) = reference::kind(operation, name) else { continue };
            let Some(id) = self.other_id(kind) else { continue };
            let mut body = self.own.body(operation);
            if let Some(body) = &mut body {
                put_at(body, pointer, Some(id));
            }
            let answer = self.send(self.own.request_with(operation, self.client, body)).await;
            let refused = matches!(answer.status, 400 | 403 | 404) || ignores(operation);
            self.judge(operation, name, &answer, refused, tally);
        }
    }

    /// Every filter, one after the other.
    async fn filters(&self, operation: &Operation, tally: &mut Tally) {
        // The log tells of what was deleted: that is its purpose.
        if operation.path.starts_with("/api/audit-log/") && self.label == "a deleted" {
            return;
        }
        for name in &operation.filters {
            let Some(kind) = reference::kind(operation, name) else { continue };
            let Some(id) = self.other_id(kind) else { continue };
            let request = self.own.request(operation, self.client).query(&[(name, text(&id))]);
            let answer = self.send(request).await;
            let nothing = answer.bytes.is_empty() || is_empty(&answer.json);
            let refused = matches!(answer.status, 400 | 403) || nothing;
            self.judge(operation, name, &answer, refused, tally);
        }
    }

    /// Every id that a drawing may contain, which the document does not describe.
    async fn drawings(&self, operations: &[Operation], tally: &mut Tally) {
        let is_change = |one: &&Operation| one.name() == "PATCH /api/diagrams/{id}/";
        let operation = operations.iter().find(is_change).expect("diagrams are changed");
        for (name, kind) in DRAWN {
            let Some(id) = self.other_id(kind) else { continue };
            let data = json!({"label": "Drawn", name: id});
            let nodes = json!([
                {"id": "one", "type": "process", "position": {"x": 0, "y": 0}, "data": data},
                {"id": "two", "type": "process", "position": {"x": 9, "y": 0}, "data": {"label": "B"}},
            ]);
            let edge = json!({"id": "edge", "source": "one", "target": "two", "data": data});
            let body = json!({"canvasData": {"nodes": nodes, "edges": [edge]}});
            let request = self.own.request_with(operation, self.client, Some(body));
            let answer = self.send(request).await;
            self.judge(operation, name, &answer, answer.status < 500, tally);
        }
    }

    /// The id that takes the place of the own one, if there is another that must not be reached.
    fn other_id(&self, kind: &str) -> Option<Value> {
        let id = self.others.ids.get(kind)?;
        let differs = self.own.ids.get(kind) != Some(id);
        (differs && self.hidden.iter().any(|hidden| hidden == kind)).then(|| id.clone())
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        self.client.send(request).await
    }

    fn judge(
        &self,
        operation: &Operation,
        place: &str,
        answer: &Answer,
        refused: bool,
        tally: &mut Tally,
    ) {
        tally.cases += 1;
        tally.refused += usize::from(refused);
        if refused && !mentions(answer, self.mark) {
            return;
        }
        let text = String::from_utf8_lossy(&answer.bytes);
        let text: String = text.chars().take(300).collect();
        tally.leaks.push(format!(
            "{} with {} {place}: {} {text}",
            operation.name(),
            self.label,
            answer.status
        ));
    }
}

/// Operations on a set of ids in which those that are not in the set mean nothing.
fn ignores(operation: &Operation) -> bool {
    let ends = ["/apply_zone_protections/", "/remove-threats/"];
    ends.iter().any(|end| operation.path.ends_with(end))
}

/// Operations by which a security team makes any account a member, whoever it belongs to.
fn names_any_account(operation: &Operation) -> bool {
    operation.path.ends_with("-member/") || operation.path == "/api/memberships/"
}
