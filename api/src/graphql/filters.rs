//! The inputs that narrow lists, and how they become a model's filter.

use arvlite_db::{TextFilter, TimeFilter, TimeRange, models};
use async_graphql::{Enum, ID, InputObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::context::ListOf;
use super::error::Result;
use super::types::ArContent;
use crate::domain::Error;
use crate::enums::ArContentStatus;
use crate::global_id::{NodeId, Tagged};

/// How deep AND, OR and NOT may be nested.
const DEEPEST: usize = 4;
/// How many values `oneOf`, and how many conditions AND and OR, may have.
const MOST: usize = 100;
/// How long a text in a filter may be.
const LONGEST: usize = 255;

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

/// Where an order must stand. All given parts must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ArContentStatusFilter {
    /// There.
    pub eq: Option<ArContentStatus>,
    /// At one of these.
    pub one_of: Option<Vec<ArContentStatus>>,
}

/// Which orders a list has. All given parts must hold; AND, OR and NOT are nested at most four deep.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ArContentWhereInput {
    /// All of these hold.
    #[graphql(name = "AND")]
    pub and: Option<Vec<ArContentWhereInput>>,
    /// One of these holds.
    #[graphql(name = "OR")]
    pub or: Option<Vec<ArContentWhereInput>>,
    /// This does not hold.
    #[graphql(name = "NOT")]
    pub not: Option<Box<ArContentWhereInput>>,
    /// The order of this code.
    pub unique_id: Option<Uuid>,
    /// Of these projects.
    pub project_id: Option<IdFilter>,
    /// With such a number.
    pub order_number: Option<StringFilter>,
    /// Of such a customer.
    pub customer_name: Option<StringFilter>,
    /// With such a telephone number.
    pub customer_phone: Option<StringFilter>,
    /// With such an e-mail address.
    pub customer_email: Option<StringFilter>,
    /// That stand there.
    pub status: Option<ArContentStatusFilter>,
    /// Created then.
    pub created_at: Option<DateTimeFilter>,
    /// Whose code plays until then.
    pub expires_at: Option<DateTimeFilter>,
}

/// What a list of orders is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "models::ArContentOrder")]
pub enum ArContentOrderField {
    /// Order of creation.
    Id,
    /// When it was created.
    CreatedAt,
    /// When somebody last changed it.
    UpdatedAt,
    /// Its number, in the database's collation.
    OrderNumber,
    /// Until when its code plays.
    ExpiresAt,
}

/// The order of a list of orders. Across companies only ID and CREATED_AT.
#[derive(Debug, Clone, InputObject)]
pub struct ArContentOrder {
    /// By what.
    pub field: ArContentOrderField,
    /// Which way.
    pub direction: OrderDirection,
}

impl ArContentOrder {
    pub(crate) fn into_parts(self) -> (models::ArContentOrder, bool) {
        (self.field.into(), self.direction == OrderDirection::Desc)
    }
}

/// A list of orders as it is asked for.
pub(crate) fn ar_contents(
    condition: Option<ArContentWhereInput>,
    order_by: Option<ArContentOrder>,
    search: Option<String>,
    deleted: DeletedMode,
) -> Result<ListOf<ArContent>> {
    let order = order_by.map(ArContentOrder::into_parts);
    Ok(ListOf { order, filter: ar_content_filter(condition, search)?, deleted: deleted.into() })
}

fn ar_content_filter(
    condition: Option<ArContentWhereInput>,
    search: Option<String>,
) -> Result<models::ArContentFilter> {
    let mut filter = condition.map_or_else(|| Ok(Default::default()), |condition| condition.into_filter(1))?;
    filter.search = search
        .map(|search| text_in("search", search.trim().to_owned()))
        .transpose()?
        .filter(|search| !search.is_empty());
    Ok(filter)
}

impl ArContentWhereInput {
    fn into_filter(self, depth: usize) -> Result<models::ArContentFilter> {
        if depth > DEEPEST {
            return Err(refused(format!("AND, OR and NOT are nested at most {DEEPEST} deep")));
        }
        let nested = |conditions: Vec<Self>| -> Result<Vec<models::ArContentFilter>> {
            few(conditions)?.into_iter().map(|condition| condition.into_filter(depth + 1)).collect()
        };
        let mut statuses = self.status.map(ArContentStatusFilter::into_values).transpose()?;
        if let Some(statuses) = &mut statuses {
            statuses.sort_unstable();
        }
        Ok(models::ArContentFilter {
            all_of: self.and.map(nested).transpose()?.unwrap_or_default(),
            any_of: self.or.map(nested).transpose()?,
            not: self.not.map(|not| not.into_filter(depth + 1)).transpose()?.map(Box::new),
            search: None,
            unique_id: self.unique_id,
            project_ids: self.project_id.map(IdFilter::into_numbers::<models::Project>).transpose()?.flatten(),
            order_number: self.order_number.map(StringFilter::into_filter).transpose()?,
            customer_name: self.customer_name.map(StringFilter::into_filter).transpose()?,
            customer_phone: self.customer_phone.map(StringFilter::into_filter).transpose()?,
            customer_email: self.customer_email.map(StringFilter::into_filter).transpose()?,
            statuses,
            created_at: self.created_at.map(DateTimeFilter::into_filter).transpose()?,
            expires_at: self.expires_at.map(DateTimeFilter::into_filter).transpose()?,
        })
    }
}

impl ArContentStatusFilter {
    fn into_values(self) -> Result<Vec<models::ArContentStatus>> {
        let eq = self.eq.map(models::ArContentStatus::from);
        let one_of = self.one_of.map(few).transpose()?;
        let one_of = one_of.map(|values| values.into_iter().map(Into::into).collect::<Vec<_>>());
        Ok(both(eq, one_of).unwrap_or_else(|| models::ArContentStatus::ALL.to_vec()))
    }
}

impl IdFilter {
    /// The numbers that a reference which is never absent may have; none given is any.
    fn into_numbers<E: Tagged>(self) -> Result<Option<Vec<i64>>> {
        if self.is_null == Some(true) {
            return Ok(Some(Vec::new()));
        }
        let number = |id: &ID| NodeId::<E>::parse(id).number();
        let one_of = self.one_of.map(few).transpose()?;
        let one_of = one_of.map(|ids| ids.iter().map(number).collect());
        Ok(both(self.eq.as_ref().map(number), one_of))
    }
}

/// The values that are equal to one and among the others.
fn both<T: PartialEq>(eq: Option<T>, one_of: Option<Vec<T>>) -> Option<Vec<T>> {
    match (eq, one_of) {
        (None, None) => None,
        (Some(eq), None) => Some(vec![eq]),
        (None, Some(one_of)) => Some(one_of),
        (Some(eq), Some(one_of)) => Some(one_of.into_iter().filter(|value| *value == eq).collect()),
    }
}

impl StringFilter {
    fn into_filter(self) -> Result<TextFilter> {
        Ok(TextFilter {
            eq: self.eq.map(text).transpose()?,
            one_of: self.one_of.map(few).transpose()?.map(|texts| texts.into_iter().map(text).collect()).transpose()?,
            contains: self.contains.map(text).transpose()?,
            starts_with: self.starts_with.map(text).transpose()?,
            is_null: self.is_null,
        })
    }
}

impl DateTimeFilter {
    fn into_filter(self) -> Result<TimeFilter> {
        let one_of = self.one_of.map(few).transpose()?;
        Ok(TimeFilter { eq: self.eq, one_of, range: self.range.map(Into::into), is_null: self.is_null })
    }
}

impl From<DateTimeRange> for TimeRange {
    fn from(range: DateTimeRange) -> Self {
        Self { gte: range.gte, gt: range.gt, lte: range.lte, lt: range.lt }
    }
}

pub(crate) fn few<T>(values: Vec<T>) -> Result<Vec<T>> {
    if values.len() > MOST { Err(refused(format!("a list in `where` has at most {MOST} values"))) } else { Ok(values) }
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

fn refused(message: String) -> super::error::Error {
    Error::bad_request("where", message).into()
}
