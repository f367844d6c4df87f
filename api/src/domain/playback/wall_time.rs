//! Wall times of a zone, and the instants that they mean.
//!
//! A wall time that is skipped means the first instant after the gap; one that occurs twice means the first. So in the
//! second pass of a repeated hour every wall time of that hour has already come: [`WallClock::reached`].

use std::sync::{LazyLock, OnceLock};

use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};

/// A zone's clock. Copying it is cheap.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain) struct WallClock {
    first_offset: i64,
    changes: &'static [ClockChange],
}

/// An instant at which a zone's offset changes, in seconds.
#[derive(Clone, Copy, Debug)]
struct ClockChange {
    at: i64,
    before: i64,
    after: i64,
}

/// A change that skips wall times.
pub(in crate::domain) struct Gap(ClockChange);

/// The first and the last second in which changes are looked for: 1970 up to 2100, where the rules of `chrono_tz` end.
const KNOWN: (i64, i64) = (0, 4_102_444_800);

/// No two changes of any zone in that time are nearer than six days.
const PROBE: i64 = 3 * 86_400;

/// Of each zone, once it was asked for.
static CHANGES: LazyLock<Vec<OnceLock<Vec<ClockChange>>>> =
    LazyLock::new(|| TZ_VARIANTS.iter().map(|_| OnceLock::new()).collect());

impl WallClock {
    pub fn of(zone: Tz) -> Self {
        let changes = CHANGES.get(zone as usize).map_or(&[] as &[_], |known| known.get_or_init(|| changes_of(zone)));
        let first_offset = changes.first().map_or_else(|| offset(zone, KNOWN.0), |change| change.before);
        Self { first_offset, changes }
    }

    /// What a wall time means; none beyond the end of what can be written.
    pub fn instant(self, wall: NaiveDateTime) -> Option<DateTime<Utc>> {
        let seconds = wall.and_utc().timestamp();
        let over = self.changes.partition_point(|change| change.at + change.before <= seconds);
        let Some(last) = over.checked_sub(1).map(|index| self.changes[index]) else {
            return Some(wall.checked_sub_signed(TimeDelta::seconds(self.first_offset))?.and_utc());
        };
        let instant = wall.checked_sub_signed(TimeDelta::seconds(last.after))?.and_utc();
        Some(instant.max(DateTime::from_timestamp(last.at, 0)?))
    }

    /// The latest wall time that has come by an instant.
    pub fn reached(self, at: DateTime<Utc>) -> NaiveDateTime {
        let over = self.changes.partition_point(|change| change.at <= at.timestamp());
        let Some(last) = over.checked_sub(1).map(|index| self.changes[index]) else {
            return later(at.naive_utc(), self.first_offset);
        };
        let shown = later(at.naive_utc(), last.after);
        let was_shown = wall_at(last.at, last.before);
        if last.after < last.before && shown < was_shown { was_shown - TimeDelta::nanoseconds(1) } else { shown }
    }

    /// How many seconds the clock is ahead at an instant, and from each instant on at which that changes before another.
    pub fn offsets(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<(DateTime<Utc>, i64)> {
        let over = self.changes.partition_point(|change| change.at <= from.timestamp());
        let first = over.checked_sub(1).map_or(self.first_offset, |index| self.changes[index].after);
        let later = self.changes[over..].iter().take_while(|change| change.at < to.timestamp());
        let later = later.filter_map(|change| Some((DateTime::from_timestamp(change.at, 0)?, change.after)));
        std::iter::once((from, first)).chain(later).collect()
    }

    /// The gaps that end after one instant and not after another.
    pub fn gaps(self, after: DateTime<Utc>, through: DateTime<Utc>) -> impl Iterator<Item = Gap> {
        let first = self.changes.partition_point(|change| change.at <= after.timestamp());
        let changes = self.changes[first..].iter().take_while(move |change| change.at <= through.timestamp());
        changes.filter(|change| change.before < change.after).map(|change| Gap(*change))
    }
}

impl Gap {
    /// The first wall time that is skipped.
    pub fn begin(&self) -> NaiveDateTime {
        wall_at(self.0.at, self.0.before)
    }

    /// What the clock shows after the last one.
    pub fn end(&self) -> NaiveDateTime {
        wall_at(self.0.at, self.0.after)
    }

    pub fn width(&self) -> TimeDelta {
        TimeDelta::seconds(self.0.after - self.0.before)
    }
}

fn changes_of(zone: Tz) -> Vec<ClockChange> {
    let probes: Vec<_> = (KNOWN.0..=KNOWN.1).step_by(PROBE as usize).map(|at| (at, offset(zone, at))).collect();
    let changed = probes.windows(2).filter(|pair| pair[0].1 != pair[1].1);
    changed.map(|pair| first_with(zone, pair[0], pair[1])).collect()
}

/// Halves the time between two instants, `after` the first and at the second, to the second of the change.
fn first_with(zone: Tz, (mut low, before): (i64, i64), (mut high, after): (i64, i64)) -> ClockChange {
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, middle) == before { low = middle } else { high = middle }
    }
    ClockChange { at: high, before, after }
}

fn offset(zone: Tz, at: i64) -> i64 {
    let at = DateTime::from_timestamp(at, 0).unwrap_or(DateTime::UNIX_EPOCH);
    i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
}

fn wall_at(seconds: i64, offset: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds + offset, 0).unwrap_or(DateTime::UNIX_EPOCH).naive_utc()
}

fn later(utc: NaiveDateTime, offset: i64) -> NaiveDateTime {
    let limit = if offset < 0 { NaiveDateTime::MIN } else { NaiveDateTime::MAX };
    utc.checked_add_signed(TimeDelta::seconds(offset)).unwrap_or(limit)
}
