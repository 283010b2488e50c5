//! The operations of the document, and requests made of their examples.

use reqwest::Method;
use serde_json::Value;

use super::reference;

const JSON: &str = "application/json";

/// An operation of the document.
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: String,
    /// What it demands; none if it is public.
    pub(super) permission: Option<String>,
    pub(super) body: Contents,
    /// Query parameters that are ids.
    pub(super) filters: Vec<String>,
    /// Query parameters that ask to only tell what would happen.
    pub(super) rehearsals: Vec<String>,
    /// Whether the query names a folder of the catalogue.
    pub(super) asks_for_folder: bool,
}

/// What an operation takes as its body.
pub(super) enum Contents {
    Nothing,
    /// The example, and where ids are in it: JSON pointers and names.
    Json(Value, Vec<(String, String)>),
    /// A form with a file.
    File,
}

impl Operation {
    /// All operations, in the order of the document.
    pub(super) fn all() -> Vec<Self> {
        let document = api::document();
        let paths = document["paths"].as_object().expect("paths");
        let items = paths.iter().flat_map(|(path, item)| {
            let operations = item.as_object().expect("operations").iter();
            operations
                .filter(|(_, one)| one.is_object())
                .map(move |(method, one)| (path, method, one))
        });
        items.map(|(path, method, one)| Self::new(document, path, method, one)).collect()
    }

    fn new(document: &Value, path: &str, method: &str, described: &Value) -> Self {
        let parameters = described["parameters"].as_array().cloned().unwrap_or_default();
        let named = |kind: &str| -> Vec<String> {
            let queries = parameters.iter().filter(|one| one["in"] == "query");
            let of_kind = queries.filter(|one| {
                let types = &one["schema"]["type"];
                types == kind || types.as_array().is_some_and(|all| all.iter().any(|t| t == kind))
            });
            of_kind.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect()
        };
        let rehearsals = named("boolean").into_iter().filter(|name| name == "dry_run").collect();
        let filters = named("integer");
        Self {
            method: method.to_uppercase().parse().expect("a method"),
            path: path.to_owned(),
            permission: described["x-permission"].as_str().map(str::to_owned),
            body: Contents::described(document, &described["requestBody"]["content"]),
            filters,
            rehearsals,
            asks_for_folder: named("string").iter().any(|name| name == "path"),
        }
    }

    /// Method and path.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What the path names: each placeholder with the kind of its record. `{token}` and `{key}`
    /// are no ids but secrets.
    pub(super) fn places(&self) -> Vec<(&str, &str)> {
        let parts: Vec<&str> = self.path.split('/').collect();
        let pairs = parts.windows(2).filter(|pair| pair[1].starts_with('{'));
        pairs
            .map(|pair| (pair[1], pair[0]))
            .filter(|(placeholder, _)| !["{token}", "{key}"].contains(placeholder))
            .collect()
    }

    /// Kinds of records to which a request refers.
    pub(super) fn needs(&self) -> Vec<&str> {
        let mut kinds: Vec<&str> = self.places().into_iter().map(|(_, kind)| kind).collect();
        if let Contents::Json(_, positions) = &self.body {
            let named = positions.iter().filter(|(_, name)| !reference::is_optional(name));
            kinds.extend(named.filter_map(|(_, name)| reference::kind(self, name)));
        }
        kinds
    }

    /// The kind of record that the path ends with or names last.
    pub(super) fn kind(&self) -> Option<&str> {
        if let Some((_, kind)) = self.places().last() {
            return Some(kind);
        }
        self.path.split('/').nth(2)
    }

    /// Whether it makes a record of its kind: the path is that of a collection.
    pub(super) fn creates(&self, all: &[Self]) -> bool {
        let record = |placeholder: &str| format!("{}{placeholder}/", self.path);
        self.method == Method::POST
            && all.iter().any(|one| one.path == record("{id}") || one.path == record("{item_id}"))
    }

    /// The kind of the records in the collection.
    pub(super) fn collection(&self) -> &str {
        self.path.trim_end_matches('/').rsplit('/').next().expect("a last part")
    }

    /// Whether it only reads.
    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }
}

impl Contents {
    fn described(document: &Value, content: &Value) -> Self {
        if content["multipart/form-data"].is_object() {
            return Self::File;
        }
        let json = &content[JSON];
        if json.is_object() {
            let positions = reference::positions(document, &json["schema"]);
            return Self::Json(json["example"].clone(), positions);
        }
        Self::Nothing
    }
}
