//! Where in a time views fall that are added up: by edges, or by what a clock shows.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Int8, Timestamptz};

use crate::prepared::Prepared;

/// Into which numbered slots views fall by their start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slots {
    /// All into one.
    One,
    /// The instants at which slots begin, in order; the first holds what is before the second.
    Between(Vec<DateTime<Utc>>),
    /// The hour that the clock shows, 0 to 23. The instants from which the clock is so many seconds ahead.
    HourOfDay(Vec<(DateTime<Utc>, i64)>),
    /// The day of the week that the clock shows, from Monday, 0 to 6.
    Weekday(Vec<(DateTime<Utc>, i64)>),
}

impl Slots {
    /// The slot of an instant; it takes what [`Self::bind`] gives.
    pub(super) fn expression(&self, at: &str) -> String {
        match self {
            Self::One => "0".to_owned(),
            Self::Between(_) => format!("greatest(width_bucket({at}, ?) - 1, 0)"),
            Self::HourOfDay(_) => hour_of_day(at),
            // The first day of 1970 was a Thursday.
            Self::Weekday(_) => format!("(({} / 86400 + 3) % 7)::int", shown(at)),
        }
    }

    pub(super) fn bind<T>(&self, statement: Prepared<T>) -> Prepared<T> {
        match self {
            Self::One => statement,
            Self::Between(edges) => statement.bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(edges.clone()),
            Self::HourOfDay(offsets) | Self::Weekday(offsets) => bind_offsets(statement, offsets),
        }
    }
}

/// The seconds that a clock shows at an instant: it takes how far ahead it is, and the instants from which it is.
fn shown(at: &str) -> String {
    format!("(floor(extract(epoch FROM {at}))::bigint + (?)[width_bucket({at}, ?)])")
}

/// The hour that a clock shows at an instant; it takes the same.
pub(super) fn hour_of_day(at: &str) -> String {
    format!("({} / 3600 % 24)::int", shown(at))
}

/// How far ahead a clock is, and from which instants on.
pub(super) fn bind_offsets<T>(statement: Prepared<T>, offsets: &[(DateTime<Utc>, i64)]) -> Prepared<T> {
    statement
        .bind::<Array<Int8>, Vec<i64>>(offsets.iter().map(|(_, ahead)| *ahead).collect())
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(offsets.iter().map(|(from, _)| *from).collect())
}
