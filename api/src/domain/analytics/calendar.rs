//! The periods of a zone's clock: where its days, weeks, months, hours and minutes begin. A day begins at the first instant
//! of its date, so it has 23 or 25 hours where the clock is changed.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::playback::wall_time::WallClock;

/// How long periods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Period {
    Seconds(i64),
    Day,
    Week,
    Month,
}

/// A zone's calendar. Copying it is cheap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar(WallClock);

impl Calendar {
    pub fn of(zone: Tz) -> Self {
        Self(WallClock::of(zone))
    }

    /// From when on the clock is how many seconds ahead, between two instants.
    pub fn offsets(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, i64)> {
        self.0.offsets(from, to)
    }

    /// The beginnings of periods after one instant and before another, in order.
    pub fn edges(
        self,
        period: Period,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Box<dyn Iterator<Item = DateTime<Utc>>> {
        match period {
            Period::Seconds(length) => Box::new(self.clock_edges(length, from, to)),
            _ => {
                let mut last = from;
                let mut date = self.period_of(period, from);
                Box::new(std::iter::from_fn(move || {
                    loop {
                        date = next(period, date)?;
                        let start = self.start_of(date)?;
                        // A date that a zone left out begins with the next one.
                        if start > last {
                            last = start;
                            return (start < to).then_some(start);
                        }
                    }
                }))
            }
        }
    }

    /// The beginning of the period that an instant is in.
    pub fn floor(self, period: Period, at: DateTime<Utc>) -> DateTime<Utc> {
        self.start_of(self.period_of(period, at)).unwrap_or(at)
    }

    /// The beginning of the next period.
    pub fn after(self, period: Period, at: DateTime<Utc>) -> DateTime<Utc> {
        let edge = self.edges(period, at, DateTime::<Utc>::MAX_UTC).next();
        edge.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Full minutes or hours of the clock, and each instant at which it is changed.
    fn clock_edges(
        self,
        length: i64,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let offsets = self.offsets(from, to);
        let ends: Vec<DateTime<Utc>> = offsets.iter().skip(1).map(|(start, _)| *start).chain([to]).collect();
        offsets.into_iter().zip(ends).flat_map(move |((start, ahead), end)| {
            let shown = start.timestamp() + ahead;
            let into = shown.rem_euclid(length);
            let is_full = into == 0 && start.timestamp_subsec_nanos() == 0;
            let first = start.timestamp() + if is_full { 0 } else { length - into };
            let change = (start > from && !is_full).then_some(start);
            let full = (0..).map_while(move |number| DateTime::from_timestamp(first + number * length, 0));
            change.into_iter().chain(full.take_while(move |edge| *edge < end)).filter(move |edge| *edge > from)
        })
    }

    /// The first date of the period that an instant is in.
    fn period_of(self, period: Period, at: DateTime<Utc>) -> NaiveDate {
        let date = self.date_of(at);
        match period {
            Period::Week => date - Days::new(u64::from(date.weekday().num_days_from_monday())),
            Period::Month => date.with_day(1).unwrap_or(date),
            _ => date,
        }
    }

    fn date_of(self, at: DateTime<Utc>) -> NaiveDate {
        let ahead = self.0.offsets(at, at).first().map_or(0, |(_, ahead)| *ahead);
        let shown = at.naive_utc().checked_add_signed(TimeDelta::seconds(ahead)).unwrap_or(at.naive_utc());
        let date = shown.date();
        // Set back over midnight, the clock shows the end of a day that is over: it belongs to the next one.
        match date.succ_opt().and_then(|next| Some((next, self.start_of(next)?))) {
            Some((next, start)) if start <= at => next,
            _ => date,
        }
    }

    fn start_of(self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.0.instant(date.and_time(NaiveTime::MIN))
    }
}

fn next(period: Period, date: NaiveDate) -> Option<NaiveDate> {
    match period {
        Period::Month => date.checked_add_months(Months::new(1)),
        Period::Week => date.checked_add_days(Days::new(7)),
        _ => date.succ_opt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn edges(zone: &str, period: Period, from: &str, to: &str) -> Vec<String> {
        let calendar = Calendar::of(zone.parse().unwrap());
        let edges = calendar.edges(period, at(from), at(to));
        edges.map(|edge| edge.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)).collect()
    }

    #[test]
    fn days_have_as_many_hours_as_the_clock_gives_them() {
        let hours = |zone: &str, from: &str, to: &str| {
            let calendar = Calendar::of(zone.parse().unwrap());
            let starts: Vec<_> = calendar.edges(Period::Day, at(from), at(to)).collect();
            starts.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).collect::<Vec<_>>()
        };
        assert_eq!(hours("Europe/Berlin", "2026-03-27T12:00:00Z", "2026-03-31T12:00:00Z"), [1440, 1380, 1440]);
        assert_eq!(hours("Europe/Berlin", "2026-10-23T12:00:00Z", "2026-10-27T12:00:00Z"), [1440, 1500, 1440]);
        assert_eq!(hours("Australia/Lord_Howe", "2026-04-03T00:00:00Z", "2026-04-07T00:00:00Z"), [1440, 1470, 1440]);
        // At midnight the clock goes on to one o'clock: the day begins then.
        assert_eq!(
            edges("America/Santiago", Period::Day, "2026-09-05T12:00:00Z", "2026-09-07T12:00:00Z"),
            ["2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"]
        );
        // At midnight it goes back to eleven: the day begins an hour later.
        assert_eq!(
            edges("America/Santiago", Period::Day, "2026-04-03T12:00:00Z", "2026-04-06T00:00:00Z"),
            ["2026-04-04T03:00:00Z", "2026-04-05T04:00:00Z"]
        );
    }

    #[test]
    fn hours_are_those_of_the_clock() {
        assert_eq!(
            edges("Asia/Kolkata", Period::Seconds(3600), "2026-11-21T10:00:00Z", "2026-11-21T12:30:00Z"),
            ["2026-11-21T10:30:00Z", "2026-11-21T11:30:00Z"]
        );
        assert_eq!(
            edges("Australia/Lord_Howe", Period::Seconds(3600), "2026-04-04T13:30:00Z", "2026-04-04T18:00:00Z"),
            [
                "2026-04-04T14:00:00Z",
                "2026-04-04T15:00:00Z",
                "2026-04-04T15:30:00Z",
                "2026-04-04T16:30:00Z",
                "2026-04-04T17:30:00Z"
            ]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        assert_eq!(
            edges("Europe/Moscow", Period::Week, "2026-11-21T00:00:00Z", "2026-12-01T00:00:00Z"),
            ["2026-11-22T21:00:00Z", "2026-11-29T21:00:00Z"]
        );
        assert_eq!(
            edges("Pacific/Chatham", Period::Month, "2026-09-15T00:00:00Z", "2026-12-01T00:00:00Z"),
            ["2026-09-30T10:15:00Z", "2026-10-31T10:15:00Z", "2026-11-30T10:15:00Z"]
        );
        // Samoa had no 30 December 2011: the 31st began where the 29th ended.
        assert_eq!(
            edges("Pacific/Apia", Period::Day, "2011-12-29T12:00:00Z", "2012-01-01T12:00:00Z"),
            ["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", "2012-01-01T10:00:00Z"]
        );
    }
}
