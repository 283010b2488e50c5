use domain::{Scope, Violations, account::Address};
use entity::{Document, Keyed, Ref, Tenanted};
use futures::future::BoxFuture;
use schemars::Schema;
use sea_orm::{ActiveEnum, ColumnTrait, ColumnType, Iterable, Value as Sql};
use serde_json::{Map, Value, json};

use super::{Body, value};
use crate::wire::camel_case;

/// What a client may send for one column.
#[derive(Clone, Copy)]
pub struct Field<C: 'static> {
    /// The name in snake case.
    pub name: &'static str,
    /// Where the value goes.
    pub column: C,
    kind: Kind,
    absent: Absent,
    nullable: bool,
    when: When,
    text: &'static str,
}

/// The form of a value.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Text of at most so many characters.
    Text(Option<usize>),
    /// An http(s) address of at most so many characters.
    Url(usize),
    /// Letters, digits, hyphens and underscores, at most so many.
    Slug(usize),
    /// An e-mail address.
    Email,
    /// One of these words.
    Choice(fn() -> Vec<String>),
    /// A whole number in a range.
    Integer(i64, i64),
    /// A number in a range.
    Number(f64, f64),
    /// True or false.
    Flag,
    /// A moment.
    DateTime,
    /// JSON of any form, kept as it is.
    Json,
    /// A JSON object, kept as it is.
    Object,
    /// A list of tags: trimmed, lower case, unique, without empty ones.
    Tags,
    /// The id of a record that the caller may see.
    Reference(Vouch),
}

/// Says whether the caller may see the record with a key.
pub type Vouch = for<'a> fn(Scope<'a>, i64) -> BoxFuture<'a, domain::Result<bool>>;

/// Vouches for the id of a row of `E`.
pub fn vouch<E: Tenanted + Keyed>(
    scope: Scope<'_>,
    key: i64,
) -> BoxFuture<'_, domain::Result<bool>> {
    Box::pin(async move {
        match scope.known(Ref::<E>::new(key)).await {
            Ok(_) => Ok(true),
            Err(domain::Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    })
}

/// Vouches for the id of a user in one of the caller's organizations.
pub fn vouch_colleague(scope: Scope<'_>, key: i64) -> BoxFuture<'_, domain::Result<bool>> {
    Box::pin(async move { Ok(scope.colleague(Ref::new(key)).await?.is_some()) })
}

/// What a new record gets when the field is missing.
#[derive(Clone, Copy)]
pub enum Absent {
    /// The field is required.
    Required,
    /// Nothing.
    Null,
    /// This text, which may also be sent empty if it is empty here.
    Text(&'static str),
    /// This number.
    Integer(i64),
    /// False.
    False,
    /// `{}`.
    EmptyObject,
    /// `[]`.
    EmptyList,
}

/// In which requests a field counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Always.
    Always,
    /// When a record is made; ignored later.
    Create,
    /// When a record is changed; ignored before.
    Change,
}

/// What a request does with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// POST.
    Create,
    /// PUT: required fields must be there, others keep their value.
    Replace,
    /// PATCH.
    Change,
}

impl<C: ColumnTrait> Field<C> {
    const fn new(name: &'static str, column: C, kind: Kind, absent: Absent) -> Self {
        Self { name, column, kind, absent, nullable: false, when: When::Always, text: "" }
    }

    /// Text up to a length; empty by default.
    pub const fn text(name: &'static str, column: C, max: usize) -> Self {
        Self::new(name, column, Kind::Text(Some(max)), Absent::Text(""))
    }

    /// Text of any length; empty by default.
    pub const fn long_text(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Text(None), Absent::Text(""))
    }

    /// An http(s) address; empty by default.
    pub const fn url(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Url(200), Absent::Text(""))
    }

    /// A slug; empty by default.
    pub const fn slug(name: &'static str, column: C, max: usize) -> Self {
        Self::new(name, column, Kind::Slug(max), Absent::Text(""))
    }

    /// A required e-mail address.
    pub const fn email(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Email, Absent::Required)
    }

    /// One of the words of an enum, with the word for new records.
    pub const fn choice<E>(name: &'static str, column: C, default: &'static str) -> Self
    where
        E: ActiveEnum<Value = String> + Iterable,
    {
        Self::new(name, column, Kind::Choice(words::<E>), Absent::Text(default))
    }

    /// A whole number in a range, with the number for new records.
    pub const fn integer(name: &'static str, column: C, range: (i64, i64), default: i64) -> Self {
        Self::new(name, column, Kind::Integer(range.0, range.1), Absent::Integer(default))
    }

    /// A number in a range, or null.
    pub const fn number(name: &'static str, column: C, range: (f64, f64)) -> Self {
        Self::new(name, column, Kind::Number(range.0, range.1), Absent::Null).nullable()
    }

    /// A flag, false by default.
    pub const fn flag(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Flag, Absent::False)
    }

    /// A moment, or null.
    pub const fn date_time(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::DateTime, Absent::Null).nullable()
    }

    /// Free-form JSON, `{}` by default.
    pub const fn json(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Json, Absent::EmptyObject)
    }

    /// A JSON object, `{}` by default.
    pub const fn object(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Object, Absent::EmptyObject)
    }

    /// A list of tags, empty by default.
    pub const fn tags(name: &'static str, column: C) -> Self {
        Self::new(name, column, Kind::Tags, Absent::EmptyList)
    }

    /// The id of another record, or null.
    pub const fn reference(name: &'static str, column: C, vouch: Vouch) -> Self {
        Self::new(name, column, Kind::Reference(vouch), Absent::Null).nullable()
    }

    /// The field must be sent, and not be null or blank.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.absent = Absent::Required;
        self.nullable = false;
        self
    }

    /// Null may be sent, and is what new records get.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self.absent = Absent::Null;
        self
    }

    /// What new records get when the field is missing.
    #[must_use]
    pub const fn or(mut self, absent: Absent) -> Self {
        self.absent = absent;
        self
    }

    /// Counts only in some requests.
    #[must_use]
    pub const fn only(mut self, when: When) -> Self {
        self.when = when;
        self
    }

    /// A sentence for the API document.
    #[must_use]
    pub const fn note(mut self, text: &'static str) -> Self {
        self.text = text;
        self
    }

    fn counts(&self, mode: Mode) -> bool {
        match self.when {
            When::Always => true,
            When::Create => mode == Mode::Create,
            When::Change => mode != Mode::Create,
        }
    }

    fn is_required(&self, mode: Mode) -> bool {
        matches!(self.absent, Absent::Required) && mode != Mode::Change
    }

    /// The value for a new record that does not name the field.
    fn default(&self) -> Option<Sql> {
        match self.absent {
            Absent::Required => None,
            Absent::Null => Some(self.null()),
            Absent::Text(text) => Some(Sql::from(text)),
            Absent::Integer(number) => Some(self.integer_value(number)),
            Absent::False => Some(Sql::from(false)),
            Absent::EmptyObject => Some(document(json!({}))),
            Absent::EmptyList => Some(document(json!([]))),
        }
    }

    fn null(&self) -> Sql {
        match self.kind {
            Kind::Text(_)
            | Kind::Url(_)
            | Kind::Slug(_)
            | Kind::Email
            | Kind::Choice(_)
            | Kind::Json
            | Kind::Object
            | Kind::Tags => Sql::String(None),
            Kind::Integer(..) if self.is_wide() => Sql::BigInt(None),
            Kind::Integer(..) => Sql::Int(None),
            Kind::Number(..) => Sql::Double(None),
            Kind::Flag => Sql::Bool(None),
            Kind::DateTime => Sql::ChronoDateTimeUtc(None),
            Kind::Reference(_) => Sql::BigInt(None),
        }
    }

    fn is_wide(&self) -> bool {
        matches!(self.column.def().get_column_type(), ColumnType::BigInteger)
    }

    fn integer_value(&self, number: i64) -> Sql {
        match i32::try_from(number) {
            Ok(small) if !self.is_wide() => Sql::from(small),
            _ => Sql::from(number),
        }
    }

    fn read(&self, sent: &Value) -> Result<Sql, String> {
        if sent.is_null() {
            return if self.nullable { Ok(self.null()) } else { Err(NOT_NULL.to_owned()) };
        }
        match self.kind {
            Kind::Text(max) => self.sized(value::read_text(sent)?, max).map(Sql::from),
            Kind::Url(max) => self.sized(value::read_text(sent)?, Some(max)).and_then(url),
            Kind::Slug(max) => self.sized(value::read_text(sent)?, Some(max)).and_then(slug),
            Kind::Email => {
                self.sized(value::read_text(sent)?, Some(254)).and_then(|text| email(&text))
            }
            Kind::Choice(words) => self.one_of(sent, words),
            Kind::Integer(low, high) => {
                let number = value::read_integer(sent)?;
                in_range(number, low, high)?;
                Ok(self.integer_value(number))
            }
            Kind::Number(low, high) => {
                let number = value::read_number(sent)?;
                in_number_range(number, low, high)?;
                Ok(Sql::from(number))
            }
            Kind::Flag => value::read_flag(sent).map(Sql::from),
            Kind::DateTime => {
                if self.nullable && sent.as_str() == Some("") {
                    return Ok(self.null());
                }
                value::read_date_time(sent).map(Sql::from)
            }
            Kind::Json => Ok(document(parsed(sent))),
            Kind::Object => match parsed(sent) {
                object @ Value::Object(_) => Ok(document(object)),
                other => Err(format!(
                    "Expected a dictionary of items but got type \"{}\".",
                    value::kind(&other)
                )),
            },
            Kind::Tags => tags(sent).map(document),
            Kind::Reference(_) => {
                if self.nullable && sent.as_str() == Some("") {
                    return Ok(self.null());
                }
                value::read_key(sent).map(Sql::from)
            }
        }
    }

    const fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text(_) | Kind::Url(_) | Kind::Slug(_) | Kind::Email)
    }

    const fn may_be_blank(&self) -> bool {
        match self.absent {
            Absent::Null => true,
            Absent::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    fn sized(&self, text: String, max: Option<usize>) -> Result<String, String> {
        if text.is_empty() && !self.may_be_blank() {
            return Err("This field may not be blank.".to_owned());
        }
        match max {
            Some(max) if text.chars().count() > max => {
                Err(format!("Ensure this field has no more than {max} characters."))
            }
            _ => Ok(text),
        }
    }

    fn one_of(&self, sent: &Value, words: fn() -> Vec<String>) -> Result<Sql, String> {
        let text = match sent {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let blank = text.is_empty() && matches!(self.absent, Absent::Text(""));
        if blank || words().contains(&text) {
            return Ok(Sql::from(text));
        }
        Err(format!("\"{text}\" is not a valid choice."))
    }

    fn schema(&self) -> Value {
        let mut schema = match self.kind {
            Kind::Text(max) => json!({"type": "string", "maxLength": max}),
            Kind::Url(max) => json!({"type": "string", "maxLength": max}),
            Kind::Slug(max) => {
                json!({"type": "string", "maxLength": max, "pattern": "^[-a-zA-Z0-9_]*$"})
            }
            Kind::Email => json!({"type": "string", "format": "email", "maxLength": 254}),
            Kind::Choice(words) => {
                let mut words = words();
                if matches!(self.absent, Absent::Text("")) {
                    words.push(String::new());
                }
                json!({"type": "string", "enum": words})
            }
            Kind::Integer(low, high) => {
                json!({"type": "integer", "minimum": low, "maximum": high})
            }
            Kind::Number(low, high) => json!({"type": "number", "minimum": low, "maximum": high}),
            Kind::Flag => json!({"type": "boolean"}),
            Kind::DateTime => json!({"type": "string", "format": "date-time"}),
            Kind::Json => json!({}),
            Kind::Object => json!({"type": "object", "additionalProperties": true}),
            Kind::Tags => json!({"type": "array", "items": {"type": "string"}}),
            Kind::Reference(_) => json!({"type": "integer", "format": "int64"}),
        };
        let Some(object) = schema.as_object_mut() else { return schema };
        object.retain(|_, value| !value.is_null());
        if self.is_text() && !self.may_be_blank() {
            object.insert("minLength".to_owned(), 1.into());
        }
        if self.nullable
            && let Some(kind) = object.get("type").cloned()
        {
            object.insert("type".to_owned(), json!([kind, "null"]));
        }
        if !self.text.is_empty() {
            object.insert("description".to_owned(), self.text.into());
        }
        schema
    }
}

const NOT_NULL: &str = "This field may not be null.";

/// The values of the fields that count in this request, by column. References are vouched for.
pub async fn read_fields<C: ColumnTrait>(
    fields: &[Field<C>],
    body: &Body,
    mode: Mode,
    scope: Scope<'_>,
) -> domain::Result<Vec<(C, Sql)>> {
    let mut violations = Violations::default();
    let mut values = Vec::with_capacity(fields.len());
    for field in fields.iter().filter(|field| field.counts(mode)) {
        match body.get(field.name) {
            Some(sent) => match field.read(sent) {
                Ok(value) => match unknown_reference(field, &value, scope).await? {
                    Some(message) => violations.add(field.name, message),
                    None => values.push((field.column, value)),
                },
                Err(message) => violations.add(field.name, message),
            },
            None if field.is_required(mode) => {
                violations.add(field.name, "This field is required.");
            }
            None if mode == Mode::Create => {
                values.extend(field.default().map(|value| (field.column, value)));
            }
            None => {}
        }
    }
    violations.check()?;
    // New records get the defaults of fields that only later requests may set.
    if mode == Mode::Create {
        let later = fields.iter().filter(|field| !field.counts(mode));
        values.extend(later.filter_map(|field| Some((field.column, field.default()?))));
    }
    Ok(values)
}

async fn unknown_reference<C: ColumnTrait>(
    field: &Field<C>,
    value: &Sql,
    scope: Scope<'_>,
) -> domain::Result<Option<String>> {
    let (Kind::Reference(vouch), Sql::BigInt(Some(key))) = (field.kind, value) else {
        return Ok(None);
    };
    if vouch(scope, *key).await? {
        return Ok(None);
    }
    Ok(Some(format!("Invalid pk \"{key}\" - object does not exist.")))
}

/// The schema of a request body with these fields.
pub fn schema<C: ColumnTrait>(fields: &[Field<C>], mode: Mode) -> Schema {
    let counting: Vec<&Field<C>> = fields.iter().filter(|field| field.counts(mode)).collect();
    let properties: Map<String, Value> = counting
        .iter()
        .map(|field| (camel_case(field.name).into_owned(), field.schema()))
        .collect();
    let required: Vec<_> = counting
        .iter()
        .filter(|field| field.is_required(mode))
        .map(|field| camel_case(field.name))
        .collect();
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    Schema::try_from(schema).expect("an object is a schema")
}

/// The words of an enum.
pub(super) fn words<E: ActiveEnum<Value = String> + Iterable>() -> Vec<String> {
    E::iter().map(|word| word.to_value()).collect()
}

fn document(value: Value) -> Sql {
    Sql::from(Document(value))
}

/// JSON in a field of a form arrives as text.
fn parsed(sent: &Value) -> Value {
    match sent {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| sent.clone())
        }
        other => other.clone(),
    }
}

fn tags(sent: &Value) -> Result<Value, String> {
    let sent = parsed(sent);
    let Value::Array(list) = sent else {
        return Err(format!("Expected a list of items but got type \"{}\".", value::kind(&sent)));
    };
    let mut tags: Vec<String> = Vec::with_capacity(list.len());
    for item in &list {
        let tag = value::read_text(item)?.to_lowercase();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags.into())
}

fn url(text: String) -> Result<Sql, String> {
    let is_web = |url: url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if text.is_empty() || url::Url::parse(&text).is_ok_and(is_web) {
        return Ok(Sql::from(text));
    }
    Err("Enter a valid URL.".to_owned())
}

fn slug(text: String) -> Result<Sql, String> {
    if text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')) {
        return Ok(Sql::from(text));
    }
    Err("Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.".to_owned())
}

fn email(text: &str) -> Result<Sql, String> {
    let address = Address::parse(text).map_err(str::to_owned)?;
    Ok(Sql::from(String::from(address)))
}

fn in_range(number: i64, low: i64, high: i64) -> Result<(), String> {
    if number < low {
        return Err(format!("Ensure this value is greater than or equal to {low}."));
    }
    if number > high {
        return Err(format!("Ensure this value is less than or equal to {high}."));
    }
    Ok(())
}

fn in_number_range(number: f64, low: f64, high: f64) -> Result<(), String> {
    if number < low {
        return Err(format!("Ensure this value is greater than or equal to {low:?}."));
    }
    if number > high {
        return Err(format!("Ensure this value is less than or equal to {high:?}."));
    }
    Ok(())
}
