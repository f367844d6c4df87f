//! Cron expressions: five fields of wall time, with names, ranges, steps, lists and `L`; a day matches by the day of
//! month *or* the day of week, as in POSIX.
//!
//! `croner` reads them. It is asked once about each of the 28 months that there are, by length and first weekday, and
//! never for instants: what clock changes mean is decided in `wall_time.rs` alone. It takes more than we do (seconds,
//! years, nicknames, `W`, `#`, `?`, `+`, names of weekdays among minutes, empty parts of lists), so the form is looked
//! at first.

use chrono::{Datelike, NaiveDate};
use croner::Weekday;
use croner::parser::{CronParser, Seconds, Year};
use thiserror::Error;

/// The wall times of an expression, each at a whole minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cron {
    pub(super) hours: u32,
    pub(super) minutes: u64,
    pub(super) days: CronDays,
}

/// Why an expression is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CronProblem {
    /// It is not one.
    #[error("five fields are expected: minute, hour, day of month, month, day of week")]
    Malformed,
    /// No day of any year matches.
    #[error("no day of any year matches")]
    NeverFires,
}

/// The days of an expression: of each month that there is a bit set, the 1st lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CronDays {
    /// January lowest.
    months: u16,
    /// By length, from 28 days, and by the weekday of the 1st, from Monday.
    days: [[u32; 7]; 4],
}

/// 29 February comes again after eight years at most, everything else after one.
const RAREST_IN_MONTHS: usize = 12 * 8;

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is none, or one that never fires.
    pub fn parse(expression: &str) -> Result<Self, CronProblem> {
        let expression = expression.to_ascii_uppercase();
        if !well_formed(&expression) {
            return Err(CronProblem::Malformed);
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let pattern = parser.parse(&expression).map_err(|_| CronProblem::Malformed)?.pattern;
        let set = |values: Vec<u16>| values.into_iter().fold(0_u64, |set, value| set | 1 << value);
        let mut days = [[0; 7]; 4];
        // A month of each length; the weekday of its 1st is what we say it is.
        for (of_length, (year, month)) in days.iter_mut().zip([(2023, 2), (2024, 2), (2024, 4), (2024, 1)]) {
            for (first, set) in (1..).zip(of_length) {
                for day in 1..=length_of(year, month - 1) {
                    let weekday = Weekday::from_days_from_sunday(first + day - 1);
                    let matches = pattern.day_match(year, month, day, weekday).map_err(|_| CronProblem::Malformed)?;
                    *set |= u32::from(matches) << (day - 1);
                }
            }
        }
        let months = u16::try_from(set(pattern.months.values()) >> 1).map_err(|_| CronProblem::Malformed)?;
        let hours = u32::try_from(set(pattern.hours.values())).map_err(|_| CronProblem::Malformed)?;
        let cron = Self { hours, minutes: set(pattern.minutes.values()), days: CronDays { months, days } };
        if cron.days.any() { Ok(cron) } else { Err(CronProblem::NeverFires) }
    }
}

/// Five fields, each a list of values, ranges and steps, with names and `L` where they mean something.
fn well_formed(expression: &str) -> bool {
    const MONTHS: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    const WEEKDAYS: &[&str] = &["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = fields[..] else { return false };
    let every = |field: &str, fits: &dyn Fn(&str) -> bool| field.split(',').all(fits);
    every(minute, &|part| is_part(part, &[]))
        && every(hour, &|part| is_part(part, &[]))
        && every(day_of_month, &|part| part == "L" || is_part(part, &[]))
        && every(month, &|part| is_part(part, MONTHS))
        && every(day_of_week, &|part| {
            is_part(part, WEEKDAYS) || part.strip_suffix('L').is_some_and(|value| is_value(value, WEEKDAYS))
        })
}

/// A value, a range, or a step through a range or through everything.
fn is_part(part: &str, names: &[&str]) -> bool {
    let is_range = |range: &str| {
        range.split_once('-').is_some_and(|(first, last)| is_value(first, names) && is_value(last, names))
    };
    match part.split_once('/') {
        Some((range, step)) => (range == "*" || is_range(range)) && is_value(step, &[]),
        None => part == "*" || is_value(part, names) || is_range(part),
    }
}

fn is_value(text: &str, names: &[&str]) -> bool {
    names.contains(&text) || (!text.is_empty() && text.bytes().all(|letter| letter.is_ascii_digit()))
}

impl CronDays {
    pub fn contains(self, date: NaiveDate) -> bool {
        self.of(Month::of(date)) >> date.day0() & 1 == 1
    }

    /// How many there are from a date up to, not including, another that is not earlier. It goes from month to month.
    pub fn count(self, from: NaiveDate, to: NaiveDate) -> i64 {
        let before = |date: NaiveDate| (self.of(Month::of(date)) & ((1 << date.day0()) - 1)).count_ones();
        let whole = Month::of(from).and_later().take_while(|month| month.comes_before(to));
        let in_whole: i64 = whole.map(|month| i64::from(self.of(month).count_ones())).sum();
        in_whole + i64::from(before(to)) - i64::from(before(from))
    }

    /// The first one that is not before a date.
    pub fn first_from(self, date: NaiveDate) -> Option<NaiveDate> {
        let mut left = !((1 << date.day0()) - 1);
        for month in Month::of(date).and_later().take(RAREST_IN_MONTHS + 1) {
            let days = self.of(month) & left;
            if days != 0 {
                return NaiveDate::from_ymd_opt(month.year, month.month0 + 1, days.trailing_zeros() + 1);
            }
            left = u32::MAX;
        }
        None
    }

    fn of(self, month: Month) -> u32 {
        if self.months >> month.month0 & 1 == 0 {
            return 0;
        }
        self.days[month.length() as usize - 28][month.first as usize]
    }

    fn any(self) -> bool {
        let any_of = |of_length: &[u32; 7]| of_length.iter().any(|&set| set != 0);
        (0..12).filter(|month0| self.months >> month0 & 1 == 1).any(|month0| {
            let (common, leap) = (length_of(2023, month0), length_of(2024, month0));
            any_of(&self.days[common as usize - 28]) || any_of(&self.days[leap as usize - 28])
        })
    }
}

/// A month of a year, with the weekday of its 1st counted from Monday.
#[derive(Clone, Copy)]
struct Month {
    year: i32,
    month0: u32,
    first: u32,
}

impl Month {
    fn of(date: NaiveDate) -> Self {
        let first = (date.weekday().num_days_from_monday() + 35 - date.day0()) % 7;
        Self { year: date.year(), month0: date.month0(), first }
    }

    fn length(self) -> u32 {
        length_of(self.year, self.month0)
    }

    fn comes_before(self, date: NaiveDate) -> bool {
        (self.year, self.month0) < (date.year(), date.month0())
    }

    fn and_later(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |month| {
            let first = (month.first + month.length()) % 7;
            let (year, month0) = if month.month0 == 11 { (month.year + 1, 0) } else { (month.year, month.month0 + 1) };
            Some(Self { year, month0, first })
        })
    }
}

/// How many days a month has.
fn length_of(year: i32, month0: u32) -> u32 {
    match month0 {
        1 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}
