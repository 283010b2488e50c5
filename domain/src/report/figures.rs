//! Counting.

use indexmap::IndexMap;
use serde::Serialize;

/// How often each word occurs, in the order of first occurrence. Words that do not occur are left
/// out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Counter(IndexMap<String, u64>);

impl Counter {
    /// Counts words.
    pub fn of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut counter = Self::default();
        for word in words {
            *counter.0.entry(word.to_owned()).or_default() += 1;
        }
        counter
    }

    /// How often a word occurs.
    pub fn get(&self, word: &str) -> u64 {
        self.0.get(word).copied().unwrap_or_default()
    }

    /// The words and how often each occurs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(word, number)| (word.as_str(), *number))
    }

    /// How often all words occur together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}
