//! Ids that remember their table, and ids from clients that nobody has vouched for yet.

use std::{borrow::Cow, fmt, hash, marker::PhantomData, str::FromStr};

use sea_orm::{
    ActiveValue, ColIdx, DbErr, EntityTrait, IntoActiveValue, PrimaryKeyTrait, QueryResult,
    TryFromU64, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, ColumnType, Nullable, ValueType, ValueTypeErr},
};
use serde::{Deserialize, Serialize, Serializer};

/// The integer primary key of a row of `E`.
///
/// Read from the database or vouched for by a scope. It cannot be deserialized from a request, so
/// holding one means that the row was checked.
pub struct Id<E>(i64, PhantomData<fn() -> E>);

/// An id of a row of `E` as a client sent it. A scope turns it into an [`Id`].
#[derive(Deserialize)]
#[serde(transparent, bound = "")]
pub struct Ref<E>(i64, #[serde(skip)] PhantomData<fn() -> E>);

impl<E> Id<E> {
    /// Wraps a key that did not come from a client, such as one of a row in hand.
    pub const fn trusted(key: i64) -> Self {
        Self(key, PhantomData)
    }

    /// The bare key.
    pub const fn key(self) -> i64 {
        self.0
    }
}

impl<E> Ref<E> {
    /// Wraps a key that a client sent.
    pub const fn new(key: i64) -> Self {
        Self(key, PhantomData)
    }

    /// The bare key.
    pub const fn key(self) -> i64 {
        self.0
    }
}

/// Something that names a row of `E`: a vouched [`Id`] or a wire [`Ref`].
pub trait Names<E> {
    /// The id, for a query that itself checks who may reach the row.
    fn id(self) -> Id<E>;
}

impl<E> Names<E> for Id<E> {
    fn id(self) -> Self {
        self
    }
}

impl<E> Names<E> for Ref<E> {
    fn id(self) -> Id<E> {
        Id::trusted(self.0)
    }
}

/// An entity whose primary key is its own [`Id`].
pub trait Keyed: EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = Id<Self>>> {}
impl<E: EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = Id<E>>>> Keyed for E {}

impl<E> Clone for Id<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Id<E> {}
impl<E> Clone for Ref<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for Ref<E> {}
impl<E> PartialEq for Id<E> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<E> Eq for Id<E> {}
impl<E> PartialOrd for Id<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Id<E> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<E> hash::Hash for Id<E> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<E> fmt::Debug for Id<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}
impl<E> fmt::Debug for Ref<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}
impl<E> fmt::Display for Id<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}
impl<E> FromStr for Ref<E> {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::new)
    }
}
impl<E> Serialize for Id<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
impl<E> schemars::JsonSchema for Id<E> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        i64::json_schema(generator)
    }
}
impl<E> schemars::JsonSchema for Ref<E> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Ref".into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        i64::json_schema(generator)
    }
}
impl<E> From<Id<E>> for Value {
    fn from(id: Id<E>) -> Self {
        id.0.into()
    }
}
impl<E> TryGetable for Id<E> {
    fn try_get_by<I: ColIdx>(row: &QueryResult, index: I) -> Result<Self, TryGetError> {
        i64::try_get_by(row, index).map(Self::trusted)
    }
}
impl<E> ValueType for Id<E> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        <i64 as ValueType>::try_from(value).map(Self::trusted)
    }
    fn type_name() -> String {
        "Id".to_owned()
    }
    fn array_type() -> ArrayType {
        ArrayType::BigInt
    }
    fn column_type() -> ColumnType {
        ColumnType::BigInteger
    }
}
impl<E> Nullable for Id<E> {
    fn null() -> Value {
        i64::null()
    }
}
impl<E> TryFromU64 for Id<E> {
    fn try_from_u64(key: u64) -> Result<Self, DbErr> {
        <i64 as TryFrom<u64>>::try_from(key)
            .map(Self::trusted)
            .map_err(|_| DbErr::ConvertFromU64("Id"))
    }
}
impl<E> IntoActiveValue<Id<E>> for Id<E> {
    fn into_active_value(self) -> ActiveValue<Id<E>> {
        ActiveValue::Set(self)
    }
}
