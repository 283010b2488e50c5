use entity::Ref;
use serde_json::{Map, Value};

pub(super) type Read<T> = Result<T, String>;

/// A node or edge whose keys are being read. Faults name it and the key.
pub(super) struct Part<'v> {
    name: String,
    object: &'v Map<String, Value>,
    data: Option<&'v Map<String, Value>>,
}

impl<'v> Part<'v> {
    /// A node or edge of a list; `kind` names it for messages.
    pub(super) fn of(kind: &str, place: usize, value: &'v Value) -> Read<Self> {
        let place = place + 1;
        let Value::Object(object) = value else {
            return Err(format!("{kind} {place}: Expected an object."));
        };
        let name = match object.get("id") {
            Some(Value::String(id)) => format!("{kind} \"{}\"", shortened(id)),
            _ => format!("{kind} {place}"),
        };
        let data = match object.get("data") {
            None | Some(Value::Null) => None,
            Some(Value::Object(data)) => Some(data),
            Some(_) => return Err(format!("{name}: data: Expected an object.")),
        };
        Ok(Self { name, object, data })
    }

    /// Text next to `data`, such as `id` or `type`.
    pub(super) fn outer_text(&self, key: &str) -> Read<Option<String>> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.contains('\0') => {
                Err(self.fault(key, "Null characters are not allowed."))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.fault(key, "Not a valid string.")),
        }
    }

    /// A value as it is.
    pub(super) fn value(&self, key: &str) -> Option<&'v Value> {
        self.data.and_then(|data| data.get(key))
    }

    fn given(&self, key: &str) -> Option<&'v Value> {
        self.value(key).filter(|value| !value.is_null())
    }

    /// Text, trimmed, of at most so many characters; empty if it is missing.
    pub(super) fn text(&self, key: &str, most: usize) -> Read<String> {
        let text = self.long_text(key)?;
        if text.chars().count() > most {
            let fault = format!("Ensure this field has no more than {most} characters.");
            return Err(self.fault(key, &fault));
        }
        Ok(text)
    }

    /// Text, trimmed, of any length; empty if it is missing.
    pub(super) fn long_text(&self, key: &str) -> Read<String> {
        let text = match self.given(key) {
            None => return Ok(String::new()),
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(self.fault(key, "Not a valid string.")),
        };
        if text.contains('\0') {
            return Err(self.fault(key, "Null characters are not allowed."));
        }
        Ok(text)
    }

    /// The id of a record.
    pub(super) fn reference<E>(&self, key: &str) -> Read<Option<Ref<E>>> {
        match self.given(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(value) => match id_in(value) {
                Some(id) => Ok(Some(Ref::new(id))),
                None => Err(self.fault(key, "A valid integer is required.")),
            },
        }
    }

    /// A whole number in a range.
    pub(super) fn integer(&self, key: &str, least: i32, most: i32) -> Read<Option<i32>> {
        let Some(value) = self.given(key) else { return Ok(None) };
        let Some(number) = whole_number(value) else {
            return Err(self.fault(key, "A valid integer is required."));
        };
        match i32::try_from(number) {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(self.fault(key, &format!("Expected a number from {least} to {most}."))),
        }
    }

    /// A flag; false if it is missing.
    pub(super) fn flag(&self, key: &str) -> Read<bool> {
        match self.given(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Ok(false),
            Some(Value::Number(number)) if number.as_f64() == Some(1.0) => Ok(true),
            Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(true),
                "" | "false" | "no" | "off" | "0" => Ok(false),
                _ => Err(self.fault(key, "Must be a valid boolean.")),
            },
            Some(_) => Err(self.fault(key, "Must be a valid boolean.")),
        }
    }

    /// A list of tags: trimmed, lower case, unique, without empty ones.
    pub(super) fn tags(&self, key: &str) -> Read<Vec<String>> {
        let list = match self.given(key) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.fault(key, "Expected a list of strings.")),
        };
        let mut tags: Vec<String> = Vec::with_capacity(list.len());
        for item in list {
            let Value::String(tag) = item else {
                return Err(self.fault(key, "Expected a list of strings."));
            };
            let tag = tag.trim().to_lowercase();
            if !tag.is_empty() && !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        Ok(tags)
    }

    pub(super) fn fault(&self, key: &str, text: &str) -> String {
        format!("{}: {key}: {text}", self.name)
    }
}

/// What a list of a drawing holds; nothing if it is none.
pub(crate) fn items<'v>(document: &'v Value, list: &str) -> impl Iterator<Item = &'v Value> {
    document.get(list).and_then(Value::as_array).into_iter().flatten()
}

/// The name of a node or edge, or of what it refers to, under a key; empty if there is none.
pub(crate) fn name_in(item: &Value, key: &str) -> String {
    match item.get(key) {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// An id in a value: a whole number, or a text of digits.
pub(super) fn id_in(value: &Value) -> Option<i64> {
    whole_number(value)
}

#[expect(clippy::cast_possible_truncation, reason = "whole and in range, as checked")]
fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64()?;
            (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Ids come from the client, and messages should stay readable.
fn shortened(id: &str) -> String {
    id.chars().take(60).collect()
}
