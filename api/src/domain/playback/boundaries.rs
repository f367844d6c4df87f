//! The instants at which a rotation rule steps on.

use chrono::{DateTime, TimeDelta, Utc};

use super::calendar::WallTimes;
use super::rotation::Recurrence;
use super::wall_time::WallClock;

/// The boundaries of a rule: the instants that its wall times mean. Several that a gap throws together are one.
pub(super) struct Boundaries {
    clock: WallClock,
    walls: WallTimes,
}

impl Boundaries {
    pub fn of(recurrence: &Recurrence, clock: WallClock) -> Self {
        Self { clock, walls: WallTimes::of(recurrence) }
    }

    /// How many come after one instant and not after another.
    pub fn count(&self, after: DateTime<Utc>, through: DateTime<Utc>) -> u64 {
        if through <= after {
            return 0;
        }
        let walls = self.walls.count(self.clock.reached(after), self.clock.reached(through));
        let thrown_together = self.clock.gaps(after, through).map(|gap| {
            let just_before = gap.begin() - TimeDelta::nanoseconds(1);
            (self.walls.count(just_before, gap.end()) - 1).max(0)
        });
        (walls - thrown_together.sum::<i64>()).unsigned_abs()
    }

    /// The first after an instant.
    pub fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.clock.instant(self.walls.next(self.clock.reached(after))?)
    }

    /// The last after one instant and not after another: the earliest instant by which as many have come.
    pub fn last(&self, after: DateTime<Utc>, through: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let count = self.count(after, through);
        let (mut low, mut high) = (after.timestamp_micros(), through.timestamp_micros());
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let reached = DateTime::from_timestamp_micros(middle)?;
            if self.count(after, reached) < count { low = middle } else { high = middle }
        }
        (count > 0).then(|| DateTime::from_timestamp_micros(high)).flatten()
    }
}
