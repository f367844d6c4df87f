//! Conditions as data, and how they become SQL.

use chrono::{DateTime, Utc};
use diesel::expression::BoxableExpression;
use diesel::pg::Pg;
use diesel::sql_types::{Bool, SqlType, is_nullable};
use serde::Serialize;

/// A condition on the rows of one table.
pub(crate) type Predicate<T> = Box<dyn BoxableExpression<T, Pg, SqlType = Bool>>;

diesel::define_sql_function! {
    /// The first of two that is known.
    fn coalesce(condition: diesel::sql_types::Nullable<Bool>, otherwise: Bool) -> Bool;
}

/// Turns a condition round; where it is unknown, as over NULL, the result is true.
pub(crate) fn is_not_true<T: 'static>(condition: Predicate<T>) -> Predicate<T>
where
    Predicate<T>: diesel::expression::Expression<SqlType = Bool>,
    diesel::dsl::not<coalesce<diesel::dsl::Nullable<Predicate<T>>, bool>>: BoxableExpression<T, Pg, SqlType = Bool>,
{
    use diesel::NullableExpressionMethods;
    Box::new(diesel::dsl::not(coalesce(condition.nullable(), false)))
}

/// What a text column must be like. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TextFilter {
    /// Equal, case and all.
    pub eq: Option<String>,
    /// Equal to one of these.
    pub one_of: Option<Vec<String>>,
    /// Contains this, ignoring case.
    pub contains: Option<String>,
    /// Starts with this, ignoring case.
    pub starts_with: Option<String>,
    /// Is absent, or is not.
    pub is_null: Option<bool>,
}

/// What an instant must be like. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TimeFilter {
    /// Equal.
    pub eq: Option<DateTime<Utc>>,
    /// Equal to one of these.
    pub one_of: Option<Vec<DateTime<Utc>>>,
    /// Inside.
    pub range: Option<TimeRange>,
    /// Is absent, or is not.
    pub is_null: Option<bool>,
}

/// Which row a reference must point to. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct ReferenceFilter {
    /// One of these.
    pub one_of: Option<Vec<i64>>,
    /// Points nowhere, or somewhere.
    pub is_null: Option<bool>,
}

impl ReferenceFilter {
    /// Whether it leaves a single row.
    #[must_use]
    pub fn names_one(&self) -> bool {
        self.one_of.as_ref().is_some_and(|ids| ids.len() == 1)
    }
}

/// A span of time; an end that is not given is open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct TimeRange {
    /// At or after.
    pub gte: Option<DateTime<Utc>>,
    /// After.
    pub gt: Option<DateTime<Utc>>,
    /// At or before.
    pub lte: Option<DateTime<Utc>>,
    /// Before.
    pub lt: Option<DateTime<Utc>>,
}

/// The seconds in which the instants lie that clients can write with a year of four digits, from 0001 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Whether an instant may be stored: the database does not take all that can be written.
#[must_use]
pub fn is_storable(instant: DateTime<Utc>) -> bool {
    SECONDS.contains(&instant.timestamp())
}

/// The nearest instant that may be stored: to look for one further out comes to the same.
pub(crate) fn nearest_storable(instant: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = instant.timestamp().clamp(*SECONDS.start(), *SECONDS.end());
    if is_storable(instant) { instant } else { DateTime::from_timestamp(seconds, 0).unwrap_or(instant) }
}

/// A text as a LIKE pattern in which nothing is a wildcard.
pub(crate) fn like_escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Whether a column may be NULL, as its type says.
pub(crate) fn may_be_null<C>(_column: &C) -> bool
where
    C: diesel::Expression,
    C::SqlType: SqlType,
    <C::SqlType as SqlType>::IsNull: SaysWhetherNull,
{
    <C::SqlType as SqlType>::IsNull::MAY_BE_NULL
}

/// The two things that a type can say of NULL.
pub(crate) trait SaysWhetherNull {
    const MAY_BE_NULL: bool;
}

impl SaysWhetherNull for is_nullable::IsNullable {
    const MAY_BE_NULL: bool = true;
}

impl SaysWhetherNull for is_nullable::NotNull {
    const MAY_BE_NULL: bool = false;
}

/// The condition that a column is absent, or is not. Of one that never is, the table need not be asked, which it would
/// be from end to end.
macro_rules! null_conditions {
    ($into:ident, $column:expr, $is_null:expr) => {{
        use diesel::{ExpressionMethods, IntoSql, NullableExpressionMethods};
        match ($is_null, $crate::predicate::may_be_null(&$column)) {
            (Some(true), true) => $into.push(Box::new($column.nullable().is_null())),
            (Some(false), true) => $into.push(Box::new($column.nullable().is_not_null())),
            (Some(true), false) => $into.push(Box::new(false.into_sql::<diesel::sql_types::Bool>())),
            (Some(false), false) | (None, _) => {}
        }
    }};
}
pub(crate) use null_conditions;

/// The conditions that a [`TextFilter`] puts on a column, pushed to a list of predicates.
macro_rules! text_conditions {
    ($into:ident, $column:expr, $filter:expr) => {{
        use diesel::{ExpressionMethods, NullableExpressionMethods, PgTextExpressionMethods};
        let column = || $column.nullable();
        let filter: &$crate::predicate::TextFilter = $filter;
        if let Some(eq) = &filter.eq {
            $into.push(Box::new(column().eq(eq.clone()).assume_not_null()));
        }
        if let Some(one_of) = &filter.one_of {
            $into.push(Box::new(column().eq_any(one_of.clone()).assume_not_null()));
        }
        if let Some(contains) = &filter.contains {
            let pattern = format!("%{}%", $crate::predicate::like_escaped(contains));
            $into.push(Box::new(column().ilike(pattern).assume_not_null()));
        }
        if let Some(starts_with) = &filter.starts_with {
            let pattern = format!("{}%", $crate::predicate::like_escaped(starts_with));
            $into.push(Box::new(column().ilike(pattern).assume_not_null()));
        }
        $crate::predicate::null_conditions!($into, $column, filter.is_null);
    }};
}
pub(crate) use text_conditions;

/// The conditions that a [`TimeFilter`] puts on a column, pushed to a list of predicates.
macro_rules! time_conditions {
    ($into:ident, $column:expr, $filter:expr) => {{
        use diesel::{ExpressionMethods, NullableExpressionMethods};
        use $crate::predicate::nearest_storable;
        let column = || $column.nullable();
        let filter: &$crate::predicate::TimeFilter = $filter;
        if let Some(eq) = filter.eq {
            $into.push(Box::new(column().eq(nearest_storable(eq)).assume_not_null()));
        }
        if let Some(one_of) = &filter.one_of {
            let one_of: Vec<_> = one_of.iter().copied().map(nearest_storable).collect();
            $into.push(Box::new(column().eq_any(one_of).assume_not_null()));
        }
        if let Some(range) = &filter.range {
            if let Some(gte) = range.gte {
                $into.push(Box::new(column().ge(nearest_storable(gte)).assume_not_null()));
            }
            if let Some(gt) = range.gt {
                $into.push(Box::new(column().gt(nearest_storable(gt)).assume_not_null()));
            }
            if let Some(lte) = range.lte {
                $into.push(Box::new(column().le(nearest_storable(lte)).assume_not_null()));
            }
            if let Some(lt) = range.lt {
                $into.push(Box::new(column().lt(nearest_storable(lt)).assume_not_null()));
            }
        }
        $crate::predicate::null_conditions!($into, $column, filter.is_null);
    }};
}
pub(crate) use time_conditions;
