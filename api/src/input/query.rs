use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use domain::{Find, Scope, text};
use entity::Tenanted;
use sea_orm::{
    ActiveEnum, ColumnTrait, Condition, Iterable, Order,
    sea_query::{CaseStatement, Expr, ExprTrait},
};
use serde_json::{Value, json};

use super::field::{Vouch, words};
use crate::error::{Error, Result};

/// The query parameters of a request, and the address under which it came.
#[derive(Clone, Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    origin: String,
    path: String,
}

impl Params {
    /// The value of a parameter, if it is there and not empty. The last one counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty() && !value.contains('\0'))
    }

    /// Whether a parameter is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// The id in a parameter; one that is no number names nothing.
    pub fn reference<E>(&self, name: &str) -> Option<entity::Ref<E>> {
        self.get(name).map(|value| value.parse().unwrap_or(entity::Ref::new(-1)))
    }

    /// Scheme and host as the client wrote them.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The absolute address of another page of this list. Parameters are sorted by name.
    pub fn page_address(&self, page: u64) -> String {
        let others = self.pairs.iter().filter(|(name, _)| name != "page").cloned();
        let page = (page > 1).then(|| ("page".to_owned(), page.to_string()));
        let mut pairs: Vec<(String, String)> = others.chain(page).collect();
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        let query =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{query}", self.origin, self.path)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Ok(Self { pairs, origin: origin(parts), path: parts.uri.path().to_owned() })
    }
}

fn origin(parts: &Parts) -> String {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
    let host = text(header::HOST.as_str()).or_else(|| parts.uri.host()).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

impl OperationInput for Params {
    fn operation_input(_: &mut GenContext, _: &mut Operation) {}
}

/// A query parameter that narrows a list.
#[derive(Clone, Copy)]
pub struct Filter<C: 'static> {
    /// The name, in snake case.
    pub name: &'static str,
    column: C,
    kind: FilterKind,
}

#[derive(Clone, Copy)]
enum FilterKind {
    Text,
    Flag,
    Choice(fn() -> Vec<String>),
    Reference(Vouch),
}

const UNKNOWN: &str = "Select a valid choice. That choice is not one of the available choices.";

impl<C: ColumnTrait> Filter<C> {
    /// Equal text.
    pub const fn text(name: &'static str, column: C) -> Self {
        Self { name, column, kind: FilterKind::Text }
    }

    /// A flag.
    pub const fn flag(name: &'static str, column: C) -> Self {
        Self { name, column, kind: FilterKind::Flag }
    }

    /// One of the words of an enum.
    pub const fn choice<E>(name: &'static str, column: C) -> Self
    where
        E: ActiveEnum<Value = String> + Iterable,
    {
        Self { name, column, kind: FilterKind::Choice(words::<E>) }
    }

    /// The id of a record that the caller may see.
    pub const fn reference(name: &'static str, column: C, vouch: Vouch) -> Self {
        Self { name, column, kind: FilterKind::Reference(vouch) }
    }

    async fn condition(&self, sent: &str, scope: Scope<'_>) -> domain::Result<Option<Condition>> {
        let equal = match self.kind {
            FilterKind::Text => self.column.eq(sent),
            FilterKind::Flag => match sent {
                "true" | "True" | "1" => self.column.eq(true),
                "false" | "False" | "0" => self.column.eq(false),
                _ => return Ok(None),
            },
            FilterKind::Choice(words) => {
                if !words().iter().any(|word| word == sent) {
                    let text = format!(
                        "Select a valid choice. {sent} is not one of the available choices."
                    );
                    return Err(domain::Error::invalid(self.name, text));
                }
                Expr::col(self.column).eq(sent)
            }
            FilterKind::Reference(vouch) => {
                let unknown = || domain::Error::invalid(self.name, UNKNOWN);
                let key: i64 = sent.parse().map_err(|_| unknown())?;
                if !vouch(scope, key).await? {
                    return Err(unknown());
                }
                self.column.eq(key)
            }
        };
        Ok(Some(Condition::all().add(equal)))
    }

    /// The parameter for the API document.
    pub fn schema(&self) -> Value {
        match self.kind {
            FilterKind::Text => json!({"type": "string"}),
            FilterKind::Flag => json!({"type": "boolean"}),
            FilterKind::Choice(words) => json!({"type": "string", "enum": words()}),
            FilterKind::Reference(_) => json!({"type": "integer", "format": "int64"}),
        }
    }
}

/// A name that `?ordering=` understands.
#[derive(Clone, Copy)]
pub struct Sort<C: 'static> {
    /// The name, in snake case.
    pub name: &'static str,
    column: C,
    ranks: &'static [&'static str],
}

impl<C: ColumnTrait> Sort<C> {
    /// By the value of a column.
    pub const fn by(name: &'static str, column: C) -> Self {
        Self { name, column, ranks: &[] }
    }

    /// By the rank of a word, lowest first.
    pub const fn ranked(name: &'static str, column: C, ranks: &'static [&'static str]) -> Self {
        Self { name, column, ranks }
    }

    fn expression(&self) -> Expr {
        if self.ranks.is_empty() {
            return Expr::col(self.column);
        }
        let ranked = self.ranks.iter().zip(1..).fold(CaseStatement::new(), |case, (word, rank)| {
            case.case(Expr::col(self.column).eq(*word), rank)
        });
        ranked.finally(0).into()
    }
}

/// Narrows a list by the filters that the request names.
pub async fn filtered<'c, E: Tenanted>(
    mut find: Find<'c, E>,
    filters: &[Filter<E::Column>],
    params: &Params,
    scope: Scope<'_>,
) -> domain::Result<Find<'c, E>> {
    for filter in filters {
        let Some(sent) = params.get(filter.name) else { continue };
        if let Some(condition) = filter.condition(sent, scope).await? {
            find = find.filter(condition);
        }
    }
    Ok(find)
}

/// Narrows a list to rows in which every word of `?search=` occurs in one of the columns.
pub fn searched<'c, E: Tenanted>(
    mut find: Find<'c, E>,
    columns: &[E::Column],
    params: &Params,
) -> Find<'c, E> {
    let Some(search) = params.get("search").filter(|_| !columns.is_empty()) else { return find };
    for term in text::search_terms(search) {
        let anywhere = columns.iter().fold(Condition::any(), |any, column| {
            any.add(text::contains((E::default(), *column), &term))
        });
        find = find.filter(anywhere);
    }
    find
}

/// Sorts by `?ordering=`, or as the list does by default, and last by id.
pub fn ordered<'c, E: Tenanted>(
    mut find: Find<'c, E>,
    offered: &[Sort<E::Column>],
    default: &[(Sort<E::Column>, Order)],
    params: &Params,
) -> Find<'c, E> {
    let asked = params.get("ordering").unwrap_or_default();
    let mut chosen: Vec<(Sort<E::Column>, Order)> = asked
        .split(',')
        .filter_map(|name| {
            let name = name.trim();
            let (name, order) =
                name.strip_prefix('-').map_or((name, Order::Asc), |name| (name, Order::Desc));
            Some((*offered.iter().find(|sort| sort.name == name)?, order))
        })
        .collect();
    if chosen.is_empty() {
        chosen.extend_from_slice(default);
    }
    for (sort, order) in chosen {
        find = find.order_by(sort.expression(), order);
    }
    find.ascending([E::key_column()])
}
