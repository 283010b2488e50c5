//! JSON that clients own: it comes back as it was given, keys in the same order.

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};

use sea_orm::{
    ActiveValue, ColIdx, IntoActiveValue, QueryResult, TryGetError, TryGetable, Value,
    error::DbErr,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Serialize};

/// A JSON value in a text column.
///
/// The database driver declares every JSON parameter as `jsonb`, which sorts keys and refuses
/// escaped null characters, even when the column is `json`. Hence text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(pub serde_json::Value);

impl Document {
    /// The value itself.
    pub fn into_inner(self) -> serde_json::Value {
        self.0
    }
}

impl Deref for Document {
    type Target = serde_json::Value;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Document {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl PartialEq<serde_json::Value> for Document {
    fn eq(&self, other: &serde_json::Value) -> bool {
        self.0 == *other
    }
}

impl From<serde_json::Value> for Document {
    fn from(value: serde_json::Value) -> Self {
        Self(value)
    }
}

impl From<Document> for serde_json::Value {
    fn from(document: Document) -> Self {
        document.0
    }
}

impl From<Document> for Value {
    fn from(document: Document) -> Self {
        document.0.to_string().into()
    }
}

impl TryGetable for Document {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        let text = String::try_get_by(row, index)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(|error| TryGetError::DbErr(DbErr::Type(error.to_string())))
    }
}

impl ValueType for Document {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let text = <String as ValueType>::try_from(value)?;
        serde_json::from_str(&text).map(Self).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        "Document".to_owned()
    }

    fn array_type() -> ArrayType {
        ArrayType::String
    }

    fn column_type() -> ColumnType {
        ColumnType::Text
    }
}

impl Nullable for Document {
    fn null() -> Value {
        String::null()
    }
}

impl IntoActiveValue<Document> for Document {
    fn into_active_value(self) -> ActiveValue<Document> {
        ActiveValue::Set(self)
    }
}

impl schemars::JsonSchema for Document {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        serde_json::Value::json_schema(generator)
    }
}
