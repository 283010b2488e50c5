//! One row of everything, made through the API.

use std::collections::BTreeMap;

use reqwest::{
    Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use tests::{Answer, Client, PASSWORD};

use super::{
    operation::{Contents, Operation},
    reference,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\
    \0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

/// The pack on which no other depends, and its folder.
const LAST_PACK: &str = "web-application";

/// An id that no row ever had.
const NOBODY: i64 = 999_999_999;

/// What examples say where people describe something.
const DESCRIPTION: &str = "What the next reader should know.";

/// Ids of records by kind, all belonging together: to a threat model of one team.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) ids: BTreeMap<String, Value>,
    /// Kinds whose record was made for this place, in order.
    pub(super) made: Vec<String>,
    /// What all descriptions in it say, so that a look at an answer shows whose it is.
    pub(super) mark: String,
    /// Added to names.
    pub(super) suffix: String,
}

/// Whose place it shall be.
pub(super) struct Site<'w> {
    pub(super) operations: &'w [Operation],
    pub(super) owner: &'w Client,
    pub(super) team: i64,
    /// A member to whom work is given.
    pub(super) colleague: i64,
    /// A member who is removed and added again.
    pub(super) mover: i64,
    pub(super) mark: &'w str,
    pub(super) suffix: &'w str,
}

impl Place {
    /// Makes one of everything.
    pub(super) async fn make(site: &Site<'_>) -> Self {
        let mut place = Self {
            ids: BTreeMap::new(),
            made: Vec::new(),
            mark: site.mark.to_owned(),
            suffix: site.suffix.to_owned(),
        };
        place.put("organizations", json!(site.owner.organization));
        place.put("teams", json!(site.team));
        place.put("users", json!(site.colleague));
        place.put("movers", json!(site.mover));
        place.find_what_is_there(site).await;
        let another =
            json!({"name": format!("Referenced{}", site.suffix), "owningTeam": site.team});
        let another = site.owner.post("/api/threat-models/", another).await.expect(201);
        place.put("referenced-models", another["id"].clone());
        place.make_what_follows(site).await;
        place.share(site).await;
        place
    }

    fn put(&mut self, kind: &str, id: Value) {
        self.ids.insert(kind.to_owned(), id);
    }

    /// The id of a kind of record.
    #[track_caller]
    pub(super) fn id(&self, kind: &str) -> Value {
        self.ids.get(kind).cloned().unwrap_or_else(|| panic!("there is no row of {kind}"))
    }

    /// A place of which nothing is there any more.
    pub(super) async fn emptied(mut self, site: &Site<'_>) -> Self {
        let made = std::mem::take(&mut self.made);
        for kind in made.iter().rev() {
            let deletion = site.operations.iter().find(|one| {
                one.method == Method::DELETE
                    && one.path.ends_with("}/")
                    && one.places().last().is_some_and(|(_, last)| last == kind)
            });
            let Some(deletion) = deletion else {
                self.put(kind, json!(NOBODY));
                continue;
            };
            let answer = self.request(deletion, site.owner).send().await.expect("an answer");
            let gone = answer.status().is_success() || answer.status() == 404;
            assert!(gone, "{}: {}", deletion.name(), answer.status());
        }
        for (kind, id) in &mut self.ids {
            if !made.contains(kind) {
                *id = json!(NOBODY);
            }
        }
        self
    }

    /// What packs brought and what others made.
    async fn find_what_is_there(&mut self, site: &Site<'_>) {
        let lists = site.operations.iter().filter(|one| one.is_read() && one.places().is_empty());
        for list in lists.filter(|one| one.path.starts_with("/api/")) {
            let kind = list.collection();
            let record = format!("{}{{id}}/", list.path);
            let makes = site
                .operations
                .iter()
                .any(|one| one.path == list.path && one.method == Method::POST);
            let has_records = site.operations.iter().any(|one| one.path == record);
            if self.ids.contains_key(kind) || !has_records || (makes && kind != "memberships") {
                continue;
            }
            let listed = site.owner.get(&list.path).await.expect(200);
            let rows = listed["results"].as_array().or_else(|| listed.as_array());
            let found = rows.into_iter().flatten().find(|row| match kind {
                "memberships" => {
                    row["user"] == site.colleague && row["organization"] == site.owner.organization
                }
                // Others depend on the rest.
                "packs" => row["slug"] == LAST_PACK,
                _ => true,
            });
            if let Some(row) = found {
                self.put(kind, row["id"].clone());
            }
        }
    }

    /// Whatever can be made, in the order in which it refers to each other.
    async fn make_what_follows(&mut self, site: &Site<'_>) {
        let mut left: Vec<&Operation> = site
            .operations
            .iter()
            .filter(|one| one.creates(site.operations) && one.permission.is_some())
            .filter(|one| !self.ids.contains_key(one.collection()))
            .collect();
        // A record refers to what was made before it; models come first.
        left.sort_by_key(|one| one.collection() != "threat-models");
        while !left.is_empty() {
            let before = left.len();
            let mut refused = Vec::new();
            for operation in std::mem::take(&mut left) {
                match self.create(operation, site.owner).await {
                    Ok(id) => {
                        self.put(operation.collection(), id);
                        self.made.push(operation.collection().to_owned());
                    }
                    Err(text) => refused.push((operation, text)),
                }
            }
            let texts: Vec<&String> = refused.iter().map(|(_, text)| text).collect();
            assert!(refused.len() < before, "cannot be made: {texts:#?}");
            left = refused.into_iter().map(|(operation, _)| operation).collect();
        }
    }

    /// Opens the link to the model, which puts it on the list of shared models.
    async fn share(&mut self, site: &Site<'_>) {
        let link =
            site.owner.get(&format!("/api/magic-links/{}/", text(&self.id("magic-links")))).await;
        let link = link.expect(200);
        let url = link["url"].as_str().or_else(|| link["shareUrl"].as_str());
        let Some(token) = url.and_then(|url| url.trim_end_matches('/').rsplit('/').next()) else {
            panic!("no address in {link}");
        };
        let path = format!("/api/share/{token}/");
        site.owner.post(&path, json!({"password": PASSWORD})).await.expect(200);
        let listed = site.owner.get("/api/shared-with-me/").await.expect(200);
        let rows = listed["results"].as_array().or_else(|| listed.as_array()).expect("rows");
        let row = rows.iter().find(|row| row["threatModel"] == self.id("threat-models"));
        self.put("shared-with-me", row.unwrap_or(&rows[0])["id"].clone());
    }

    /// Makes another record with an operation. Answers its id, or why not.
    pub(super) async fn create(&self, operation: &Operation, by: &Client) -> Result<Value, String> {
        let missing: Vec<&str> =
            operation.needs().into_iter().filter(|kind| !self.ids.contains_key(*kind)).collect();
        if !missing.is_empty() {
            return Err(format!("{}: needs {missing:?}", operation.name()));
        }
        let answer = by.send(self.request(operation, by)).await;
        match answer.status {
            201 => Ok(answer.json["id"].clone()),
            400 if text_of(&answer).contains("must make a unique set") => {
                self.existing(operation, by).await
            }
            status => Err(format!("{}: {status} {}", operation.name(), answer.json)),
        }
    }

    /// The record that exists with these references already.
    async fn existing(&self, operation: &Operation, by: &Client) -> Result<Value, String> {
        let Contents::Json(_, positions) = &operation.body else { return Err(operation.name()) };
        let mut list = by.request(Method::GET, &self.path(operation));
        for (_, name) in positions {
            let id = reference::kind(operation, name).and_then(|kind| self.ids.get(kind));
            if let Some(id) = id {
                list = list.query(&[(reference::snake_case(name), text(id))]);
            }
        }
        let listed = by.send(list).await.json;
        let rows = if listed["results"].is_array() { &listed["results"] } else { &listed };
        if rows[0]["id"].is_null() { Err(operation.name()) } else { Ok(rows[0]["id"].clone()) }
    }

    /// A request by somebody for what is here.
    pub(super) fn request(&self, operation: &Operation, by: &Client) -> RequestBuilder {
        self.request_with(operation, by, self.body(operation))
    }

    /// Like [`Place::request`], with another body.
    pub(super) fn request_with(
        &self,
        operation: &Operation,
        by: &Client,
        body: Option<Value>,
    ) -> RequestBuilder {
        let mut request = by.request(operation.method.clone(), &self.path(operation));
        for rehearsal in &operation.rehearsals {
            request = request.query(&[(rehearsal, "true")]);
        }
        if operation.asks_for_folder {
            request = request.query(&[("path", LAST_PACK)]);
        }
        if matches!(operation.body, Contents::File) {
            let file = Part::bytes(PNG.to_vec()).file_name("dot.png");
            let form = Form::new().part("image", file).text("filename", "dot.png");
            return request.multipart(form.text("description", self.mark.clone()));
        }
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    /// The path to what is here.
    pub(super) fn path(&self, operation: &Operation) -> String {
        let places = operation.places();
        places.iter().fold(operation.path.clone(), |path, (placeholder, kind)| {
            path.replacen(placeholder, &text(&self.id(kind)), 1)
        })
    }

    /// The example of an operation, with the ids of what is here.
    pub(super) fn body(&self, operation: &Operation) -> Option<Value> {
        let Contents::Json(example, positions) = &operation.body else { return None };
        let mut body = example.clone();
        for (pointer, name) in positions {
            let Some(kind) = reference::kind(operation, name) else { continue };
            let known = self.ids.get(kind).filter(|_| !reference::is_optional(name));
            put_at(&mut body, pointer, known.cloned());
        }
        self.word(&mut body, "");
        Some(body)
    }

    /// Says in texts what suits this place.
    fn word(&self, value: &mut Value, name: &str) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.word(member, name);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.word(item, name)),
            Value::String(text) if text == DESCRIPTION => text.clone_from(&self.mark),
            Value::String(text) => match name {
                "name" | "code" | "filename" => text.push_str(&self.suffix),
                "email" | "recipients" => {
                    *text = format!("ada{}@example.test", self.suffix.replace(' ', "-"));
                }
                "username" => *text = tests::App::address("renamed"),
                "old_password" | "new_password1" | "new_password2" | "password" => {
                    PASSWORD.clone_into(text);
                }
                _ => {}
            },
            _ => {}
        }
        match name {
            "selectedOverlays" => *value = json!([]),
            "isPrimary" => *value = json!(true),
            "scope" if !value.is_string() => *value = json!({"title": "Shop"}),
            "scoringMetadata" => *value = json!({"likelihood": "certain", "impact": "severe"}),
            _ => {}
        }
    }
}

/// Puts an id to a place in a body; none leaves the place empty.
pub(super) fn put_at(body: &mut Value, pointer: &str, id: Option<Value>) {
    if let Some(list) = pointer.strip_suffix("/0") {
        if let Some(items) = body.pointer_mut(list) {
            *items = id.into_iter().collect();
        }
        return;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(parent) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
        parent.insert(name.to_owned(), id.unwrap_or(Value::Null));
    }
}

/// An id as it stands in paths.
pub(super) fn text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

fn text_of(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

/// Whether an answer tells anything of a place.
pub(super) fn mentions(answer: &Answer, mark: &str) -> bool {
    text_of(answer).contains(mark)
}

/// Whether a list has no rows.
pub(super) fn is_empty(list: &Value) -> bool {
    let rows = if list["results"].is_array() { &list["results"] } else { list };
    *rows == json!([])
}
