//! The time that numbers are about, and how it is divided.

use arvlite_db::models::{Slots, Span};
use chrono::{DateTime, Months, SubsecRound, Utc};
use chrono_tz::Tz;

use super::calendar::{Calendar, Period};
use crate::domain::{Error, Result};

/// The longest time that numbers are about.
const MOST_YEARS: u32 = 10;

/// The most parts that a time is divided into.
pub const MOST_BUCKETS: usize = 2_000;

/// How long the parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "told in the API")]
pub enum Interval {
    Minute,
    Hour,
    Day,
    Week,
    Month,
}

impl Interval {
    fn period(self) -> Period {
        match self {
            Self::Minute => Period::Seconds(60),
            Self::Hour => Period::Seconds(3600),
            Self::Day => Period::Day,
            Self::Week => Period::Week,
            Self::Month => Period::Month,
        }
    }
}

/// From an instant up to, not including, another, as the clock of a zone divides it.
#[derive(Debug, Clone, Copy)]
pub struct Timeframe {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
    pub(super) zone: Option<Tz>,
}

impl Timeframe {
    /// A time in a zone, which is the company's where none is said.
    ///
    /// # Errors
    /// When it is turned round or too long.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>, zone: Option<Tz>) -> Result<Self> {
        let (from, to) = (from.trunc_subsecs(6), to.trunc_subsecs(6));
        for (field, instant) in [("from", from), ("to", to)] {
            if !arvlite_db::is_storable(instant) {
                return Err(refused(field, "must be of the years 1 to 9999".to_owned()));
            }
        }
        if from >= to {
            return Err(refused("to", "must be after `from`".to_owned()));
        }
        if from.checked_add_months(Months::new(MOST_YEARS * 12)).is_some_and(|most| to > most) {
            return Err(refused("to", format!("is too far: a timeframe is {MOST_YEARS} years long at most")));
        }
        Ok(Self { from, to, zone })
    }

    pub(super) fn span(&self) -> Span {
        (self.from, self.to)
    }

    /// The same length of time directly before; none where there is no such time.
    pub(super) fn previous(&self) -> Option<Span> {
        let from = self.from.checked_sub_signed(self.to - self.from)?;
        arvlite_db::is_storable(from).then_some((from, self.from))
    }

    /// Its parts, the first and the last one cut where it begins and ends.
    pub(super) fn buckets(&self, interval: Interval, calendar: Calendar) -> Result<Vec<Span>> {
        let edges = calendar.edges(interval.period(), self.from, self.to).take(MOST_BUCKETS);
        let buckets = pieces(self.span(), edges);
        if buckets.len() > MOST_BUCKETS {
            let message = format!("a timeframe has {MOST_BUCKETS} buckets at most; take a longer interval");
            return Err(Error::BadRequest { field: vec!["interval".to_owned()], message });
        }
        Ok(buckets)
    }
}

/// Slots by the hour or the day of a clock, and the pieces of a time in which such a slot does not change.
pub(super) fn by_the_clock(span: Span, calendar: Calendar, period: Period) -> (Slots, Vec<Span>) {
    let offsets = calendar.offsets(span.0, span.1);
    let slots = match period {
        Period::Seconds(_) => Slots::HourOfDay(offsets),
        _ => Slots::Weekday(offsets),
    };
    (slots, pieces(span, calendar.edges(period, span.0, span.1)))
}

fn pieces((from, to): Span, edges: impl Iterator<Item = DateTime<Utc>>) -> Vec<Span> {
    let starts: Vec<DateTime<Utc>> = [from].into_iter().chain(edges).collect();
    let ends = starts.iter().skip(1).copied().chain([to]);
    starts.iter().copied().zip(ends).collect()
}

fn refused(field: &str, message: String) -> Error {
    Error::BadRequest { field: vec!["timeframe".to_owned(), field.to_owned()], message }
}
