//! Statements that stay prepared.
//!
//! Diesel keeps the selects of its DSL prepared, but parses `sql_query`, updates and batch inserts anew at every call:
//! half the throughput. A [`Prepared`] is text with `?` for each bind; it says nothing against being cached. A [`Kept`]
//! is an update of Diesel's whose text is always the same.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;
use diesel::{IntoSql, QueryResult};
use std::borrow::Cow;
use std::marker::PhantomData;

/// A statement whose rows have the SQL type `ST`. Its text is fixed, or one of few.
pub(crate) struct Prepared<ST> {
    text: Cow<'static, str>,
    binds: Vec<Box<dyn QueryFragment<Pg> + Send>>,
    rows: PhantomData<fn() -> ST>,
}

impl<ST> Prepared<ST> {
    /// A statement; each `?` in its text takes one bind, in order.
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self { text: text.into(), binds: Vec::new(), rows: PhantomData }
    }

    /// Gives the next `?` its value.
    pub(crate) fn bind<T, V>(mut self, value: V) -> Self
    where
        T: diesel::sql_types::SqlType + diesel::expression::TypedExpressionType + 'static,
        Pg: HasSqlType<T>,
        V: ToSql<T, Pg> + diesel::expression::AsExpression<T> + Send + 'static,
        <V as diesel::expression::AsExpression<T>>::Expression: QueryFragment<Pg> + Send + 'static,
    {
        self.binds.push(Box::new(value.into_sql::<T>()));
        self
    }
}

impl<ST> QueryFragment<Pg> for Prepared<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        for (index, part) in self.text.split('?').enumerate() {
            if index > 0
                && let Some(bind) = binds.next()
            {
                bind.walk_ast(out.reborrow())?;
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<ST> QueryId for Prepared<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> Query for Prepared<ST> {
    type SqlType = ST;
}

/// A statement of Diesel's that is kept prepared although Diesel would not: an update whose text does not depend on
/// what it sets.
pub(crate) struct Kept<Q>(pub(crate) Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Kept<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

impl<Q> QueryId for Kept<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Kept<Q> {
    type SqlType = Q::SqlType;
}
