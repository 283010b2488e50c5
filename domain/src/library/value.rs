//! Values of pack files that remember where they were written and forgive a missing value.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_saphyr::Spanned;

use super::finding::Position;

/// A text with its place. A missing or empty value is the empty text; numbers are taken as written.
#[derive(Clone, Debug, Default)]
pub struct Text {
    value: String,
    position: Option<Position>,
}

impl Text {
    /// The text as written.
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The text without blanks around it, for identifiers and choices.
    pub fn trimmed(&self) -> &str {
        self.value.trim()
    }

    /// Whether there is nothing but blanks.
    pub fn is_blank(&self) -> bool {
        self.trimmed().is_empty()
    }

    /// The text without blanks around it, or another one when there is none.
    pub fn or<'a>(&'a self, default: &'a str) -> &'a str {
        if self.is_blank() { default } else { self.trimmed() }
    }

    /// This text, or another one when this one is blank.
    pub fn or_text<'a>(&'a self, other: &'a Self) -> &'a Self {
        if self.is_blank() { other } else { self }
    }

    /// Where it was written.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Option<String>>::deserialize(deserializer)?;
        if spanned.value.as_ref().is_some_and(|text| text.contains('\0')) {
            return Err(de::Error::custom("null characters are not allowed"));
        }
        Ok(Self { position: position_of(&spanned), value: spanned.value.unwrap_or_default() })
    }
}

/// A value with its place.
#[derive(Clone, Debug, Default)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub position: Option<Position>,
}

impl<T> std::ops::Deref for Placed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { position: position_of(&spanned), value: spanned.value })
    }
}

fn position_of<T>(spanned: &Spanned<T>) -> Option<Position> {
    Position::of(spanned.referenced).or_else(|| Position::of(spanned.defined))
}

/// A list; a missing or empty value is the empty list.
#[derive(Clone, Debug)]
pub struct List<T>(Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|list| Self(list.unwrap_or_default()))
    }
}

/// Something that may be written as a text or as an object.
#[derive(Clone, Debug)]
pub enum Entry<T> {
    /// A text or another plain value, as text.
    Plain(String),
    /// An object.
    Object(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entry<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor(PhantomData))
    }
}

struct EntryVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntryVisitor<T> {
    type Value = Entry<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text or an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Entry::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry::Plain("[…]".to_owned()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Entry::Plain(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Entry::Plain(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Entry::Plain(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Entry::Plain(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Entry::Plain(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Entry::Plain(String::new()))
    }

    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        self.visit_unit()
    }
}
