use entity::Tenanted;
use sea_orm::{
    Condition, ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, TryGetable,
    sea_query::{Expr, IntoCondition, SelectStatement, UnionType},
};

use super::Scope;
use crate::Result;

/// A SELECT of the rows within reach of the actor; more conditions can only be AND-ed on.
pub struct Find<'c, E: EntityTrait> {
    scope: Scope<'c>,
    select: Select<E>,
    /// Added last, so that no [`Find::shape`] takes it away.
    reach: Condition,
}

impl<'c, E: Tenanted> Find<'c, E> {
    pub(super) const fn new(scope: Scope<'c>, select: Select<E>, reach: Condition) -> Self {
        Self { scope, select, reach }
    }

    /// Narrows the rows.
    #[must_use]
    pub fn filter(mut self, condition: impl IntoCondition) -> Self {
        self.select = self.select.filter(condition.into_condition());
        self
    }

    /// Sorts by a column, after the sortings given before.
    #[must_use]
    pub fn order_by(mut self, by: impl Into<Expr>, order: Order) -> Self {
        QuerySelect::query(&mut self.select).order_by_expr(by.into(), order);
        self
    }

    /// Sorts by columns, ascending.
    #[must_use]
    pub fn ascending(mut self, columns: impl IntoIterator<Item = E::Column>) -> Self {
        for column in columns {
            self.select = self.select.order_by_asc(column);
        }
        self
    }

    /// Sorts by an expression, ascending.
    #[must_use]
    pub fn ascending_by(self, by: impl Into<Expr>) -> Self {
        self.order_by(by, Order::Asc)
    }

    /// At most so many rows, after so many.
    #[must_use]
    pub fn slice(mut self, limit: u64, offset: u64) -> Self {
        self.select = self.select.limit(limit).offset(offset);
        self
    }

    /// Joins, chooses columns or groups.
    #[must_use]
    pub fn shape(mut self, change: impl FnOnce(Select<E>) -> Select<E>) -> Self {
        self.select = change(self.select);
        self
    }

    /// The first row.
    pub async fn one(self) -> Result<Option<E::Model>> {
        let (scope, select) = self.gated();
        scope.passed(select.one(&scope.executor()).await, Option::is_some)
    }

    /// All rows.
    pub async fn all(self) -> Result<Vec<E::Model>> {
        let (scope, select) = self.gated();
        scope.passed(select.all(&scope.executor()).await, |rows| !rows.is_empty())
    }

    /// All rows as tuples of the columns chosen with [`Find::shape`].
    pub async fn tuples<T: sea_orm::TryGetableMany + Send + Sync>(self) -> Result<Vec<T>> {
        let (scope, select) = self.gated();
        scope.passed(select.into_tuple().all(&scope.executor()).await, |rows| !rows.is_empty())
    }

    /// All rows as `T`, from the columns chosen with [`Find::shape`].
    pub async fn rows<T: FromQueryResult + Send + Sync>(self) -> Result<Vec<T>> {
        let (scope, select) = self.gated();
        scope.passed(select.into_model::<T>().all(&scope.executor()).await, |rows| !rows.is_empty())
    }

    /// One column of all rows.
    pub async fn values<T: TryGetable + Send + Sync>(self, column: E::Column) -> Result<Vec<T>> {
        let rows: Vec<(T,)> =
            self.shape(|select| select.select_only().column(column)).tuples().await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }

    /// How many rows there are. Neither for grouped nor for sliced rows.
    pub async fn count(self) -> Result<u64> {
        let (scope, select) = self.gated();
        let mut select = select.select_only().expr_as(Expr::cust("COUNT(*)"), "number");
        // PostgreSQL refuses to sort by a column that is not counted.
        QuerySelect::query(&mut select).clear_order_by();
        let counted = select.into_tuple().one(&scope.executor()).await;
        let number: Option<i64> = scope.passed(counted, |number| *number > Some(0))?;
        Ok(number.unwrap_or_default().unsigned_abs())
    }

    /// Whether there is a row.
    pub async fn exists(self) -> Result<bool> {
        let (scope, select) = self.gated();
        let select = select.select_only().expr_as(Expr::val(1), "found").limit(1);
        let first = select.into_tuple().one(&scope.executor()).await;
        let found: Option<i32> = scope.passed(first, Option::is_some)?;
        Ok(found.is_some())
    }

    /// A copy, to count and then fetch.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self { scope: self.scope, select: self.select.clone(), reach: self.reach.clone() }
    }

    /// Adds the rows of other queries, which give the same columns in the same order.
    #[must_use]
    pub fn with(mut self, others: impl IntoIterator<Item = SelectStatement>) -> Self {
        let select = QuerySelect::query(&mut self.select);
        for other in others {
            select.union(UnionType::All, other);
        }
        self
    }

    /// This query as a part of another, see [`Find::with`].
    pub fn statement(self) -> SelectStatement {
        // Each part carries the gate, since PostgreSQL leaves out parts that have no rows.
        self.gated().1.into_query()
    }

    /// This query as a table that another one reads from. That one has the gate, which is checked
    /// before any table is read.
    pub fn table(self) -> SelectStatement {
        self.select.filter(self.reach).into_query()
    }

    /// This query as a subquery of one column, for `IN (…)`.
    pub fn subquery(self, column: E::Column) -> SelectStatement {
        self.shape(|select| select.select_only().column(column)).table()
    }
}

/// Rows of one or several scoped queries with the same columns.
pub struct Rows<'c> {
    scope: Scope<'c>,
    statement: SelectStatement,
}

impl<'c, E: Tenanted> Find<'c, E> {
    /// The columns chosen with [`Find::shape`], to be put together with those of other tables.
    pub fn prepared(self) -> Rows<'c> {
        let (scope, select) = self.gated();
        Rows { scope, statement: select.into_query() }
    }

    fn gated(self) -> (Scope<'c>, Select<E>) {
        (self.scope, self.select.filter(self.reach).filter(self.scope.gate()))
    }
}

impl Rows<'_> {
    /// Adds the rows of another query, which has the same columns in the same order.
    #[must_use]
    pub fn and(mut self, other: Rows<'_>) -> Self {
        self.statement.union(UnionType::All, other.statement);
        self
    }

    /// All rows as `T`, by the names of the columns of the first query.
    pub async fn fetch<T: FromQueryResult>(self) -> Result<Vec<T>> {
        let found = self.scope.executor().query_all(&self.statement).await;
        let rows = self.scope.passed(found, |rows| !rows.is_empty())?;
        Ok(rows.iter().map(|row| T::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }
}
