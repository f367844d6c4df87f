//! Wall times that come again: on which days, and when on each of them. Counting them is arithmetic.

use chrono::{Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};

use super::cron::{Cron, CronDays};
use super::rotation::Recurrence;

/// The wall times of a rule.
pub(super) struct WallTimes {
    days: Days,
    times: Times,
}

enum Days {
    Every,
    Each(Weekday),
    /// Of each month; the last day of a month that lacks it.
    OfMonth(u32),
    Cron(CronDays),
}

/// On each of the days.
enum Times {
    Once(NaiveTime),
    /// Every one of the minutes in every one of the hours: bit sets.
    Grid {
        hours: u32,
        minutes: u64,
    },
}

impl WallTimes {
    pub fn of(recurrence: &Recurrence) -> Self {
        match *recurrence {
            Recurrence::Daily { time_of_day } => Self { days: Days::Every, times: Times::Once(time_of_day) },
            Recurrence::Weekly { day_of_week, time_of_day } => {
                Self { days: Days::Each(day_of_week), times: Times::Once(time_of_day) }
            }
            Recurrence::Monthly { day_of_month, time_of_day } => {
                Self { days: Days::OfMonth(day_of_month.clamp(1, 31)), times: Times::Once(time_of_day) }
            }
            Recurrence::Cron(Cron { hours, minutes, days }) => {
                Self { days: Days::Cron(days), times: Times::Grid { hours, minutes } }
            }
        }
    }

    /// How many come after one wall time and not after another, which is not earlier.
    pub fn count(&self, after: NaiveDateTime, through: NaiveDateTime) -> i64 {
        self.days.count(after.date(), through.date()) * self.times.a_day() + self.by(through) - self.by(after)
    }

    /// The first after a wall time.
    pub fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = after.date();
        let today = if self.days.contains(date) { self.times.next(after.time()) } else { None };
        match today {
            Some(time) => Some(date.and_time(time)),
            None => Some(self.days.first_from(date.succ_opt()?)?.and_time(self.times.first())),
        }
    }

    /// How many of a wall time's own day have come.
    fn by(&self, wall: NaiveDateTime) -> i64 {
        if self.days.contains(wall.date()) { self.times.by(wall.time()) } else { 0 }
    }
}

impl Days {
    fn contains(&self, date: NaiveDate) -> bool {
        match *self {
            Self::Every => true,
            Self::Each(weekday) => date.weekday() == weekday,
            Self::OfMonth(day) => date.day() == day.min(month_length(date)),
            Self::Cron(days) => days.contains(date),
        }
    }

    /// How many there are from a date up to, not including, another.
    fn count(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        match self {
            Self::Cron(days) => days.count(from, to),
            _ => self.before(to) - self.before(from),
        }
    }

    /// How many there are before a date, counted from some date long ago.
    fn before(&self, date: NaiveDate) -> i64 {
        let number = i64::from(date.num_days_from_ce());
        match *self {
            Self::Every | Self::Cron(_) => number,
            // Day 1 was a Monday.
            Self::Each(weekday) => (number + 5 - i64::from(weekday.num_days_from_monday())).div_euclid(7),
            Self::OfMonth(day) => {
                let months = i64::from(date.year()) * 12 + i64::from(date.month0());
                months + i64::from(day.min(month_length(date)) < date.day())
            }
        }
    }

    /// The first one that is not before a date.
    fn first_from(&self, date: NaiveDate) -> Option<NaiveDate> {
        match *self {
            Self::Every => Some(date),
            Self::Each(weekday) => {
                let ahead = weekday.days_since(date.weekday());
                date.checked_add_signed(TimeDelta::days(i64::from(ahead)))
            }
            Self::OfMonth(day) => {
                let in_month = |first: NaiveDate| first.with_day(day.min(month_length(first)));
                let first = date.with_day(1)?;
                match in_month(first) {
                    Some(found) if date <= found => Some(found),
                    _ => in_month(first.checked_add_months(Months::new(1))?),
                }
            }
            Self::Cron(days) => days.first_from(date),
        }
    }
}

impl Times {
    fn a_day(&self) -> i64 {
        match *self {
            Self::Once(_) => 1,
            Self::Grid { hours, minutes } => i64::from(hours.count_ones() * minutes.count_ones()),
        }
    }

    /// How many have come by a time of day.
    fn by(&self, time: NaiveTime) -> i64 {
        match *self {
            Self::Once(once) => i64::from(once <= time),
            Self::Grid { hours, minutes } => {
                let whole = (hours & ((1 << time.hour()) - 1)).count_ones() * minutes.count_ones();
                let this_hour = hours >> time.hour() & 1 == 1;
                let minutes_by = (minutes & ((2 << time.minute()) - 1)).count_ones();
                i64::from(whole + if this_hour { minutes_by } else { 0 })
            }
        }
    }

    fn first(&self) -> NaiveTime {
        match *self {
            Self::Once(once) => once,
            Self::Grid { hours, minutes } => on_the_minute(hours.trailing_zeros(), minutes.trailing_zeros()),
        }
    }

    /// The first after a time of day, on the same day.
    fn next(&self, after: NaiveTime) -> Option<NaiveTime> {
        match *self {
            Self::Once(once) => (after < once).then_some(once),
            Self::Grid { hours, minutes } => {
                let hour = after.hour();
                let minutes_left = minutes & !((2 << after.minute()) - 1);
                if hours >> hour & 1 == 1 && minutes_left != 0 {
                    return Some(on_the_minute(hour, minutes_left.trailing_zeros()));
                }
                let hours_left = hours & !((2 << hour) - 1);
                (hours_left != 0).then(|| on_the_minute(hours_left.trailing_zeros(), minutes.trailing_zeros()))
            }
        }
    }
}

fn on_the_minute(hour: u32, minute: u32) -> NaiveTime {
    NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or(NaiveTime::MIN)
}

/// How many days the month of a date has.
pub(super) fn month_length(date: NaiveDate) -> u32 {
    u32::from(date.num_days_in_month())
}
