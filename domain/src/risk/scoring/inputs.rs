//! Reading the inputs of scoring methods.

use serde_json::{Map, Value};

/// Inputs of a method, or a group of them. Names may be in camel or snake case.
#[derive(Clone, Copy)]
pub(super) struct Inputs<'m> {
    values: &'m Map<String, Value>,
    path: &'m str,
}

impl<'m> Inputs<'m> {
    pub(super) const fn new(values: &'m Map<String, Value>) -> Self {
        Self { values, path: "" }
    }

    /// The value of an input, named in camel case. Null is as good as absent.
    pub(super) fn get(self, name: &str) -> Option<&'m Value> {
        let found = self.values.get(name).or_else(|| self.values.get(&snake_case(name)));
        found.filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// Whether one of the inputs is there.
    pub(super) fn has_any(self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// A group of inputs, if it is there.
    pub(super) fn group(self, name: &'m str) -> Result<Option<Self>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Self { values, path: name })),
            Some(_) => Err(format!("{} must be an object.", self.full(name))),
        }
    }

    /// A required number in a range.
    pub(super) fn number(self, name: &str, low: f64, high: f64) -> Result<f64, String> {
        let value = self.get(name).ok_or_else(|| format!("{} is required.", self.full(name)))?;
        number(value)
            .filter(|number| (low..=high).contains(number))
            .ok_or_else(|| format!("{} must be a number from {low} to {high}.", self.full(name)))
    }

    /// The position of a word among those that are known, if the input is there.
    pub(super) fn rank(self, name: &str, words: &[&str]) -> Result<Option<usize>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let word = value.as_str().unwrap_or_default().to_lowercase();
        match words.iter().position(|known| *known == word) {
            Some(position) => Ok(Some(position)),
            None => Err(format!("{} must be one of: {}.", self.full(name), words.join(", "))),
        }
    }

    pub(super) fn full(self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// A finite number, also as a text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
