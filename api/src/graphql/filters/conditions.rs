//! The questions that columns can be asked, and how they become a model's.

use arvlite_db::{ReferenceFilter, TextFilter, TimeFilter, TimeRange};
use async_graphql::{Enum, ID, InputObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::Error;
use crate::global_id::{NodeId, Tagged};
use crate::graphql::error::Result;

/// How many values `oneOf`, and how many conditions AND and OR, may have.
const MOST: usize = 100;
/// How long a text in a filter may be.
const LONGEST: usize = 255;

/// What a client asks of a column.
pub(crate) trait Condition {
    /// What the model makes of it.
    type Asked;

    /// The model's; none if nothing is asked.
    fn into_condition(self) -> Result<Option<Self::Asked>>;
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// From low to high.
    Asc,
    /// From high to low.
    Desc,
}

/// Whether deleted rows are in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "arvlite_db::Deleted")]
pub enum DeletedMode {
    /// Only live rows.
    Exclude,
    /// Live and deleted rows.
    Include,
    /// Only deleted rows.
    Only,
}

/// What a text must be like. All given parts must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct StringFilter {
    /// Equal, case and all.
    pub eq: Option<String>,
    /// Equal to one of these, at most 100.
    pub one_of: Option<Vec<String>>,
    /// Contains this, ignoring case.
    pub contains: Option<String>,
    /// Starts with this, ignoring case.
    pub starts_with: Option<String>,
    /// Is absent, or is not.
    pub is_null: Option<bool>,
}

/// Which object a reference must point to. All given parts must hold; an unknown id finds nothing.
#[derive(Debug, Clone, Default, InputObject)]
pub struct IdFilter {
    /// This one.
    pub eq: Option<ID>,
    /// One of these, at most 100.
    pub one_of: Option<Vec<ID>>,
    /// Is absent, or is not.
    pub is_null: Option<bool>,
}

/// What an instant must be like. All given parts must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DateTimeFilter {
    /// Equal, to the microsecond.
    pub eq: Option<DateTime<Utc>>,
    /// Equal to one of these, at most 100.
    pub one_of: Option<Vec<DateTime<Utc>>>,
    /// Inside this span.
    pub range: Option<DateTimeRange>,
    /// Is absent, or is not.
    pub is_null: Option<bool>,
}

/// A span of time; an end that is not given is open.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DateTimeRange {
    /// At or after.
    pub gte: Option<DateTime<Utc>>,
    /// After.
    pub gt: Option<DateTime<Utc>>,
    /// At or before.
    pub lte: Option<DateTime<Utc>>,
    /// Before.
    pub lt: Option<DateTime<Utc>>,
}

/// Declares the question of an enum's column.
macro_rules! enum_filter {
    ($(#[$meta:meta])* $filter:ident of $of:ident) => {
        $(#[$meta])*
        ///
        /// All given parts must hold.
        #[derive(Debug, Clone, Default, async_graphql::InputObject)]
        pub struct $filter {
            /// This.
            pub eq: Option<$of>,
            /// One of these, at most 100.
            pub one_of: Option<Vec<$of>>,
        }

        impl $crate::graphql::filters::Condition for $filter {
            type Asked = Vec<arvlite_db::models::$of>;

            fn into_condition(self) -> $crate::graphql::error::Result<Option<Self::Asked>> {
                $crate::graphql::filters::among(self.eq, self.one_of)
            }
        }
    };
}
pub(crate) use enum_filter;

impl Condition for StringFilter {
    type Asked = TextFilter;

    fn into_condition(self) -> Result<Option<TextFilter>> {
        Ok(Some(TextFilter {
            eq: self.eq.map(text).transpose()?,
            one_of: self.one_of.map(few).transpose()?.map(|texts| texts.into_iter().map(text).collect()).transpose()?,
            contains: self.contains.map(text).transpose()?,
            starts_with: self.starts_with.map(text).transpose()?,
            is_null: self.is_null,
        }))
    }
}

impl Condition for DateTimeFilter {
    type Asked = TimeFilter;

    fn into_condition(self) -> Result<Option<TimeFilter>> {
        let one_of = self.one_of.map(few).transpose()?;
        Ok(Some(TimeFilter { eq: self.eq, one_of, range: self.range.map(Into::into), is_null: self.is_null }))
    }
}

impl Condition for Uuid {
    type Asked = Vec<Uuid>;

    fn into_condition(self) -> Result<Option<Vec<Uuid>>> {
        Ok(Some(vec![self]))
    }
}

impl Condition for bool {
    type Asked = Vec<bool>;

    fn into_condition(self) -> Result<Option<Vec<bool>>> {
        Ok(Some(vec![self]))
    }
}

impl IdFilter {
    /// The rows that a reference may point to. An id of another type is the id of no row.
    pub(crate) fn into_reference<E: Tagged>(self) -> Result<Option<ReferenceFilter>> {
        let number = |id: ID| NodeId::<E>::parse(&id).number();
        let numbers = |ids: Vec<ID>| ids.into_iter().map(number).collect();
        let one_of = among(self.eq.map(number), self.one_of.map(few).transpose()?.map(numbers))?;
        Ok(Some(ReferenceFilter { one_of, is_null: self.is_null }))
    }
}

impl From<DateTimeRange> for TimeRange {
    fn from(range: DateTimeRange) -> Self {
        Self { gte: range.gte, gt: range.gt, lte: range.lte, lt: range.lt }
    }
}

/// The values that are equal to one and among the others, each once and in order, since the same question asked
/// otherwise has the same cursors.
pub(crate) fn among<T, V: From<T> + Ord>(eq: Option<T>, one_of: Option<Vec<T>>) -> Result<Option<Vec<V>>> {
    let eq = eq.map(V::from);
    let one_of = one_of.map(few).transpose()?.map(|values| values.into_iter().map(V::from).collect::<Vec<_>>());
    let values = match (eq, one_of) {
        (None, None) => return Ok(None),
        (Some(eq), None) => vec![eq],
        (None, Some(one_of)) => one_of,
        (Some(eq), Some(one_of)) => one_of.into_iter().filter(|value| *value == eq).collect(),
    };
    let mut values = values;
    values.sort_unstable();
    values.dedup();
    Ok(Some(values))
}

pub(crate) fn few<T>(values: Vec<T>) -> Result<Vec<T>> {
    if values.len() > MOST {
        return Err(Error::bad_request("where", format!("a list in `where` has at most {MOST} values")).into());
    }
    Ok(values)
}

/// A text in `where` that the database takes.
pub(crate) fn text(text: String) -> Result<String> {
    text_in("where", text)
}

/// A text in an argument that the database takes.
pub(crate) fn text_in(argument: &str, text: String) -> Result<String> {
    if text.contains('\0') {
        return Err(Error::bad_request(argument, "a text contains the character NUL").into());
    }
    if text.chars().count() > LONGEST {
        let message = format!("a text to look for has at most {LONGEST} characters");
        return Err(Error::bad_request(argument, message).into());
    }
    Ok(text)
}
