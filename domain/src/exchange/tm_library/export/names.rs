//! Names by which entities of a document refer to each other.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::{METADATA, UNMAPPED, source::Object};

/// What an import kept with a record.
pub(super) fn kept(metadata: &Value) -> Option<&Object> {
    metadata.get(METADATA)?.as_object()
}

/// The members of the imported entity that nothing else represents.
pub(super) fn unmapped(metadata: &Value) -> Option<&Object> {
    kept(metadata)?.get(UNMAPPED)?.as_object()
}

/// Something that an import kept with a record.
pub(super) fn kept_value(metadata: &Value, name: &str) -> Option<Value> {
    kept(metadata)?.get(name).cloned()
}

/// A text that an import kept with a record.
pub(super) fn kept_text<'m>(metadata: &'m Value, name: &str) -> &'m str {
    kept(metadata).and_then(|kept| kept.get(name)?.as_str()).unwrap_or_default()
}

/// The name that a record was imported with.
pub(super) fn imported(metadata: &Value) -> Option<&str> {
    Some(kept_text(metadata, "symbolicName")).filter(|name| !name.is_empty())
}

/// The names of one list, each given once.
#[derive(Default)]
pub(super) struct Names(HashSet<String>);

impl Names {
    /// The imported name, else one made of kind and number.
    pub(super) fn give(&mut self, imported: Option<&str>, kind: &str, number: i64) -> String {
        if let Some(name) = imported
            && self.0.insert(name.to_owned())
        {
            return name.to_owned();
        }
        let mut number = number;
        loop {
            let name = format!("{kind}_{number}");
            if self.0.insert(name.clone()) {
                return name;
            }
            number += 1;
        }
    }
}

/// An entity with name, title and description.
pub(super) fn entity(name: &str, title: &str, description: &str) -> Object {
    let mut entity = Map::new();
    entity.insert("symbolic_name".to_owned(), name.into());
    entity.insert("title".to_owned(), title.into());
    entity.insert("description".to_owned(), description.into());
    entity
}

/// Sets a member.
pub(super) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::default();
        assert_eq!(names.give(Some("web"), "component", 1), "web");
        assert_eq!(names.give(Some("web"), "component", 1), "component_1");
        assert_eq!(names.give(None, "component", 1), "component_2");
    }
}
