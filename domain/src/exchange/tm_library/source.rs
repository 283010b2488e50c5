//! A document as it was sent, checked as far as it must be sound to be imported.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// Lists of entities. All but boundaries are named.
pub(super) const LISTS: [&str; 10] = [
    "trust_zones",
    BOUNDARIES,
    "actors",
    "components",
    "data_stores",
    "data_sets",
    "data_flows",
    "threats",
    "controls",
    "risks",
];
const BOUNDARIES: &str = "trust_boundaries";
/// Longest name or title, in characters.
const LONGEST_NAME: usize = 255;

/// A document that can be imported.
#[derive(Clone, Debug)]
pub struct Source {
    top: Object,
    scope: Object,
    lists: HashMap<&'static str, Vec<Object>>,
}

impl Source {
    /// Checks a document. Fails with texts that name the places.
    pub fn read(document: Value) -> Result<Self, Vec<String>> {
        if has_null_character(&document) {
            return Err(vec!["The document contains a null character.".to_owned()]);
        }
        let Value::Object(mut top) = document else {
            return Err(vec!["The document must be an object.".to_owned()]);
        };
        let mut problems = Vec::new();
        let scope = scope(top.remove("scope"), &mut problems);
        let mut lists = HashMap::new();
        for name in LISTS {
            let entities = entities(name, top.remove(name), &mut problems);
            if name != BOUNDARIES {
                check_names(name, &entities, &mut problems);
            }
            lists.insert(name, entities);
        }
        check_ends(&lists["data_flows"], &mut problems);
        check_assumptions(top.get("assumptions"), &mut problems);
        if problems.is_empty() { Ok(Self { top, scope, lists }) } else { Err(problems) }
    }

    pub(super) const fn top(&self) -> &Object {
        &self.top
    }

    pub(super) const fn scope(&self) -> &Object {
        &self.scope
    }

    pub(super) fn list(&self, name: &str) -> &[Object] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }
}

/// A text member, trimmed; empty if it is missing or something else.
pub(super) fn text<'o>(object: &'o Object, name: &str) -> &'o str {
    object.get(name).and_then(Value::as_str).unwrap_or_default().trim()
}

/// The title, else the symbolic name.
pub(super) fn title(object: &Object) -> &str {
    let title = text(object, "title");
    if title.is_empty() { text(object, "symbolic_name") } else { title }
}

pub(super) fn flag(object: &Object, name: &str) -> bool {
    object.get(name).and_then(Value::as_bool).unwrap_or_default()
}

/// The texts of a list member, each once.
pub(super) fn texts<'o>(object: &'o Object, name: &str) -> Vec<&'o str> {
    let list = object.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut seen = HashSet::new();
    list.filter_map(Value::as_str).map(str::trim).filter(|text| seen.insert(*text)).collect()
}

/// The members that are not represented otherwise.
pub(super) fn unmapped(object: &Object, mapped: &[&str]) -> Object {
    let rest = object.iter().filter(|(name, _)| !mapped.contains(&name.as_str()));
    rest.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn scope(scope: Option<Value>, problems: &mut Vec<String>) -> Object {
    let scope = match scope {
        Some(Value::Object(scope)) => scope,
        Some(_) => {
            problems.push("scope: must be an object.".to_owned());
            return Object::new();
        }
        None => {
            problems.push("scope: is required.".to_owned());
            return Object::new();
        }
    };
    if text(&scope, "title").is_empty() {
        problems.push("scope.title: must be a text that is not empty.".to_owned());
    }
    check_length("scope.title", text(&scope, "title"), problems);
    scope
}

fn entities(name: &str, list: Option<Value>, problems: &mut Vec<String>) -> Vec<Object> {
    let list = match list {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => {
            problems.push(format!("{name}: must be a list."));
            return Vec::new();
        }
    };
    let mut entities = Vec::with_capacity(list.len());
    for (place, entity) in list.into_iter().enumerate() {
        match entity {
            Value::Object(entity) => entities.push(entity),
            _ => problems.push(format!("{name}[{place}]: must be an object.")),
        }
    }
    entities
}

fn check_names(list: &str, entities: &[Object], problems: &mut Vec<String>) {
    let mut seen = HashSet::new();
    for (place, entity) in entities.iter().enumerate() {
        let name = match entity.get("symbolic_name") {
            Some(Value::String(name)) if !name.trim().is_empty() => name.trim(),
            Some(Value::String(_)) | None => {
                problems.push(format!("{list}[{place}].symbolic_name: is required."));
                continue;
            }
            Some(_) => {
                problems.push(format!("{list}[{place}].symbolic_name: must be a text."));
                continue;
            }
        };
        if !seen.insert(name) {
            problems.push(format!("{list}[{place}].symbolic_name: \"{name}\" is used twice."));
        }
        check_length(&format!("{list}[{place}].symbolic_name"), name, problems);
        check_length(&format!("{list}[{place}].title"), text(entity, "title"), problems);
    }
}

fn check_length(place: &str, text: &str, problems: &mut Vec<String>) {
    if text.chars().count() > LONGEST_NAME {
        problems.push(format!("{place}: must have no more than {LONGEST_NAME} characters."));
    }
}

fn check_ends(flows: &[Object], problems: &mut Vec<String>) {
    for (place, flow) in flows.iter().enumerate() {
        for end in ["source", "destination"] {
            if flow.get(end).is_some_and(|value| !value.is_object() && !value.is_null()) {
                problems.push(format!("data_flows[{place}].{end}: must be an object."));
            }
        }
    }
}

fn check_assumptions(assumptions: Option<&Value>, problems: &mut Vec<String>) {
    match assumptions {
        None | Some(Value::Null) => {}
        Some(Value::Array(list)) => {
            for (place, assumption) in list.iter().enumerate() {
                if !assumption.is_object() {
                    problems.push(format!("assumptions[{place}]: must be an object."));
                }
            }
        }
        Some(_) => problems.push("assumptions: must be a list.".to_owned()),
    }
}

fn has_null_character(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_null_character),
        Value::Object(object) => {
            object.iter().any(|(name, value)| name.contains('\0') || has_null_character(value))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Source;

    fn problems(document: Value) -> Vec<String> {
        Source::read(document).err().unwrap_or_default()
    }

    #[test]
    fn a_title_is_enough() {
        assert_eq!(problems(json!({"scope": {"title": "Shop"}})), Vec::<String>::new());
    }

    #[test]
    fn problems_name_their_place() {
        let document = json!({
            "scope": {"title": " "},
            "actors": [{"symbolic_name": "a"}, {"symbolic_name": "a"}],
            "components": {},
            "threats": ["x", {"symbolic_name": 7}],
            "data_flows": [{"symbolic_name": "f", "source": "a"}],
            "assumptions": ["x"],
        });
        let problems = problems(document).join("\n");
        for place in [
            "scope.title",
            "actors[1].symbolic_name",
            "components: must be a list",
            "threats[0]: must be an object",
            "symbolic_name: must be a text",
            "data_flows[0].source",
            "assumptions[0]",
        ] {
            assert!(problems.contains(place), "{place} is missing in {problems}");
        }
    }

    #[test]
    fn null_characters_are_refused() {
        assert_eq!(problems(json!({"scope": {"title": "a\u{0}b"}})).len(), 1);
    }
}
