use aide::{OperationOutput, generate::GenContext, openapi};
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use domain::Find;
use entity::Tenanted;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    error::{Error, Result},
    input::Params,
};

/// Records in a page.
pub(super) const PAGE_SIZE: u64 = 20;

/// How a collection is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paging {
    /// Pages of 20.
    Pages,
    /// All at once, as an array.
    Plain,
}

/// One page of a collection.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// How many records there are on all pages.
    pub count: u64,
    /// The address of the next page.
    pub next: Option<String>,
    /// The address of the page before.
    pub previous: Option<String>,
    /// The records of this page.
    pub results: Vec<T>,
}

/// A page, or all records.
pub enum Listing<T> {
    /// One page.
    Page(Page<T>),
    /// All.
    All(Vec<T>),
}

impl<T: Serialize> IntoResponse for Listing<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => Json(page).into_response(),
            Self::All(all) => Json(all).into_response(),
        }
    }
}

/// The resource describes the answer itself, since it knows which of the two it is.
impl<T> OperationOutput for Listing<T> {
    type Inner = T;
    fn operation_response(
        _: &mut GenContext,
        _: &mut openapi::Operation,
    ) -> Option<openapi::Response> {
        None
    }
}

/// Where a page stands among the others.
pub struct Place {
    number: u64,
    count: u64,
}

impl Place {
    /// The page with these records.
    pub fn page<T>(&self, results: Vec<T>, params: &Params) -> Page<T> {
        let more = self.number * PAGE_SIZE < self.count;
        Page {
            count: self.count,
            next: more.then(|| params.page_address(self.number + 1)),
            previous: (self.number > 1).then(|| params.page_address(self.number - 1)),
            results,
        }
    }
}

/// The rows of the page that the request asks for.
pub async fn page_of<E: Tenanted>(
    find: Find<'_, E>,
    params: &Params,
) -> Result<(Vec<E::Model>, Place)> {
    let count = find.duplicate().count().await?;
    let last = count.div_ceil(PAGE_SIZE).max(1);
    let number = match params.get("page") {
        None => 1,
        Some("last") => last,
        Some(word) => word.parse().unwrap_or(0),
    };
    if number == 0 || number > last {
        let detail = format!("Invalid page. There are pages 1 to {last}.");
        return Err(Error::Request(axum::http::StatusCode::NOT_FOUND, "not_found", detail.into()));
    }
    let rows = find.slice(PAGE_SIZE, (number - 1) * PAGE_SIZE).all().await?;
    Ok((rows, Place { number, count }))
}
