//! Pages by key: which rows of a list are wanted, counted from a position rather than from an offset.

use std::fmt::Debug;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Entity;

/// Which rows of a list are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Page<O, F> {
    /// Rows wanted. One more is read, to know whether there are further ones.
    pub limit: i64,
    /// The column that orders the list; the id breaks ties in the same direction.
    pub order: O,
    /// Whether the list as the client sees it runs from high to low.
    pub descending: bool,
    /// Whether the rows are taken before the position instead of after it. They come nearest first.
    pub backwards: bool,
    /// The row that the page starts beside.
    pub from: Option<Position>,
    /// Which rows are in the list.
    pub filter: F,
    /// Whether deleted rows are.
    pub deleted: Deleted,
}

/// The page of an entity's list.
pub type PageOf<E> = Page<<E as Entity>::Order, <E as Entity>::Filter>;

impl<O: OrderColumn, F: Filter> Page<O, F> {
    /// The first rows of a list in the order of their ids.
    #[must_use]
    pub fn first(limit: i64) -> Self {
        Self {
            limit,
            order: O::ID,
            descending: false,
            backwards: false,
            from: None,
            filter: F::default(),
            deleted: Deleted::Exclude,
        }
    }

    /// Whether the statement itself reads from high to low.
    pub(crate) fn reads_down(&self) -> bool {
        self.descending != self.backwards
    }
}

/// Where a row stands in an ordered list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The value of the column that orders the list.
    pub key: Key,
    /// The row's id.
    pub id: i64,
}

/// The value of a column that a list can be ordered by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Key {
    /// The list is ordered by id alone.
    #[serde(rename = "i")]
    Id,
    /// An instant.
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    /// A text, in the database's collation.
    #[serde(rename = "s")]
    Text(String),
}

impl Key {
    /// Whether a row can have this value at all. A position from outside may be anything.
    #[must_use]
    pub fn is_storable(&self) -> bool {
        match self {
            Self::Id => true,
            Self::Time(instant) => crate::is_storable(*instant),
            Self::Text(text) => !text.contains('\0'),
        }
    }
}

/// A column that a list can be ordered by.
pub trait OrderColumn: Debug + Copy + Eq + Hash + Serialize + Send + Sync + 'static {
    /// Creation order, which every list has.
    const ID: Self;
    /// The table that the column is of.
    const TABLE: &'static str;

    /// Whether the rows of all companies can be read in this order: by id and by creation they can.
    fn is_across_companies(self) -> bool;

    /// Whether a position from outside fits this column.
    fn fits(self, key: &Key) -> bool;
}

/// Which rows of a table are in a list, as data: the model turns it into a condition.
pub trait Filter: Debug + Clone + Default + Eq + Hash + Serialize + Send + Sync + 'static {
    /// Whether all rows hang below one row, so that they are few enough to be put into any order.
    fn names_one_parent(&self) -> bool {
        false
    }
}

/// A filter that others can be parts of.
pub trait ComposedFilter: Filter {
    /// This filter, and besides all of these, one of these, and not this one.
    #[must_use]
    fn composed(self, all_of: Vec<Self>, any_of: Option<Vec<Self>>, not: Option<Self>) -> Self;
}

/// A filter of rows that can be searched for a text.
pub trait Searchable: Filter {
    /// This filter, and besides the text is found in one of the columns that are searched, ignoring case.
    #[must_use]
    fn searched(self, text: String) -> Self;
}

/// The filter of a list that has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct NoFilter;

impl Filter for NoFilter {}

/// Whether deleted rows are in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Default)]
pub enum Deleted {
    /// Only live rows.
    #[default]
    Exclude,
    /// Live and deleted rows.
    Include,
    /// Only deleted rows.
    Only,
}

impl Deleted {
    /// Whether a row that is deleted, or is not, is among them.
    pub(crate) fn allows(self, is_deleted: bool) -> bool {
        match self {
            Self::Exclude => !is_deleted,
            Self::Include => true,
            Self::Only => is_deleted,
        }
    }
}
