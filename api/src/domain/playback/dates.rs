//! Date rules: from 00:00 of a local date to the next.

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};

use super::eligibility::{Eligibility, Eligible, FOREVER};
use super::prepared::{Choice, Said};
use super::rotation::{DateRule, RotationPlan, RotationRule, newest_active};
use super::wall_time::WallClock;
use super::{Content, Rule};

/// The rows of the content's date rules whose video may play at some time.
pub(super) struct DateLayer {
    clock: WallClock,
    rule: Rule,
    rows: Vec<Row>,
}

struct Row {
    day: Day,
    eligible: Eligible,
}

enum Day {
    Exact(NaiveDate),
    Yearly { month: u32, day: u32 },
}

impl DateLayer {
    pub fn of(content: &Content, clock: WallClock, videos: &Eligibility) -> Option<Self> {
        let rule = newest_active(content.rotations.iter().filter(|rule| rule.plan.is_of_dates()))?;
        Self::of_rule(rule, clock, videos)
    }

    pub fn of_rule(rule: &RotationRule, clock: WallClock, videos: &Eligibility) -> Option<Self> {
        let RotationPlan::DateRules(dates) = &rule.plan else { return None };
        let row = |date: &DateRule| Row { day: Day::of(date), eligible: videos.of_video(date.video_id) };
        Some(Self { clock, rule: Rule::Rotation(rule.id), rows: dates.iter().map(row).collect() })
    }

    pub fn at(&self, at: DateTime<Utc>, limit: DateTime<Utc>) -> Said {
        let today = self.clock.reached(at).date();
        match self.row_of(today, at) {
            Some(eligible) => {
                let choice = Choice { video: eligible.video, source: PlaybackSource::DateRule, rule: Some(self.rule) };
                Said::plays(choice, self.end_of(eligible, today, limit))
            }
            None => Said::nothing_until(self.next_start(today, limit)),
        }
    }

    /// An exact date beats a yearly one, then the earlier row wins.
    fn row_of(&self, date: NaiveDate, at: DateTime<Utc>) -> Option<Eligible> {
        let on_date = || self.rows.iter().filter(|row| row.eligible.at(at) && row.day.is_on(date));
        let exact = on_date().find(|row| matches!(row.day, Day::Exact(_)));
        exact.or_else(|| on_date().next()).map(|row| row.eligible)
    }

    /// When a video that plays today stops: at the end of the last of the dates in a row that have it.
    fn end_of(&self, playing: Eligible, today: NaiveDate, limit: DateTime<Utc>) -> DateTime<Utc> {
        let mut date = today;
        while let Some(midnight) = date.succ_opt().and_then(|next| self.start_of(next)) {
            if playing.until <= midnight {
                break;
            }
            date = self.clock.reached(midnight).date();
            if limit < midnight || self.row_of(date, midnight).is_none_or(|next| next.video != playing.video) {
                return midnight;
            }
        }
        playing.until
    }

    /// When the next row that can play begins.
    fn next_start(&self, today: NaiveDate, limit: DateTime<Utc>) -> DateTime<Utc> {
        self.rows.iter().filter_map(|row| self.next_start_of(row, today, limit)).min().unwrap_or(FOREVER)
    }

    fn next_start_of(&self, row: &Row, today: NaiveDate, limit: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut date = row.day.next_after(today)?;
        loop {
            let start = self.start_of(date)?;
            if limit < start || !row.eligible.at(start) {
                return None;
            }
            // A zone that changes sides of the date line skips a whole date.
            if self.clock.reached(start).date() == date {
                return Some(start);
            }
            date = row.day.next_after(date)?;
        }
    }

    fn start_of(&self, date: NaiveDate) -> Option<DateTime<Utc>> {
        self.clock.instant(date.and_time(NaiveTime::MIN))
    }
}

impl Day {
    fn of(rule: &DateRule) -> Self {
        let DateRule { date, yearly, .. } = *rule;
        if yearly { Self::Yearly { month: date.month(), day: date.day() } } else { Self::Exact(date) }
    }

    fn is_on(&self, date: NaiveDate) -> bool {
        match *self {
            Self::Exact(exact) => exact == date,
            Self::Yearly { month, day } => date.month() == month && in_year(date.year(), month, day) == Some(date),
        }
    }

    fn next_after(&self, date: NaiveDate) -> Option<NaiveDate> {
        match *self {
            Self::Exact(exact) => (date < exact).then_some(exact),
            Self::Yearly { month, day } => match in_year(date.year(), month, day) {
                Some(this_year) if date < this_year => Some(this_year),
                _ => in_year(date.year() + 1, month, day),
            },
        }
    }
}

/// 29 February is on the 28th of common years.
fn in_year(year: i32, month: u32, day: u32) -> Option<NaiveDate> {
    let date = NaiveDate::from_ymd_opt(year, month, day);
    if (month, day) == (2, 29) { date.or_else(|| NaiveDate::from_ymd_opt(year, 2, 28)) } else { date }
}
