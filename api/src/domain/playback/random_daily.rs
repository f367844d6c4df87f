//! Days that each have a pick of their own: from boundary to boundary, in instants. What is picked, `picks.rs` says.

use chrono::{DateTime, Datelike, Days, NaiveTime, TimeDelta, Utc};
use uuid::Uuid;

use super::boundaries::Boundaries;
use super::eligibility::{Eligibility, Eligible, FOREVER};
use super::picks::{Candidate, Day, Picks, key_of};
use super::rotation::{Recurrence, RotationItem, Turn};
use super::wall_time::WallClock;

/// The videos of a rule and its days.
pub(super) struct RandomDays {
    pub anchor: DateTime<Utc>,
    pub boundaries: Boundaries,
    start: DayStart,
    videos: Vec<Picked>,
    picks: Picks,
}

/// A video, in the place of the first item that has it.
struct Picked {
    index: usize,
    eligible: Eligible,
}

/// When days begin: at a wall time of each date.
#[derive(Clone, Copy)]
struct DayStart {
    clock: WallClock,
    time_of_day: NaiveTime,
}

impl RandomDays {
    pub fn of(
        (unique_id, anchor): (Uuid, DateTime<Utc>),
        time_of_day: NaiveTime,
        items: &[RotationItem],
        clock: WallClock,
        eligibility: &Eligibility,
    ) -> Self {
        let start = DayStart { clock, time_of_day };
        let first_day = start.last_by(anchor);
        let mut videos: Vec<Picked> = Vec::with_capacity(items.len());
        let mut candidates: Vec<Candidate> = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let weight = u64::from(item.weight.max(1).unsigned_abs());
            if let Some(known) = videos.iter().position(|picked| picked.eligible.video == item.video_id) {
                candidates[known].weight += weight;
                continue;
            }
            let eligible = eligibility.of_video(item.video_id);
            videos.push(Picked { index, eligible });
            let last_pick = if eligible.at(anchor) { start.last_before(eligible.until) } else { first_day - 1 };
            candidates.push(Candidate { weight, last_pick, last_evening: start.last_by(eligible.until) });
        }
        let skipped = start.skipped_after(anchor);
        let picks = Picks::new(key_of(unique_id, anchor), first_day, skipped, candidates);
        Self { anchor, boundaries: Boundaries::of(&Recurrence::Daily { time_of_day }, clock), start, videos, picks }
    }

    /// What plays, until it ends or the day does. The pick changes at every boundary at which another may play.
    pub fn at(&self, at: DateTime<Utc>) -> Option<Turn> {
        if self.videos.is_empty() {
            return None;
        }
        let counted = at.max(self.anchor);
        let (before, from) = self.videos.split_at(self.picks.of(self.start.last_by(counted)));
        let Picked { index, eligible } = from.iter().chain(before).find(|picked| picked.eligible.at(at))?;
        let another_at = |boundary: &DateTime<Utc>| {
            self.videos.iter().any(|picked| picked.index != *index && picked.eligible.at(*boundary))
        };
        let next_pick = self.boundaries.next(counted).filter(another_at).unwrap_or(FOREVER);
        Some(Turn { index: *index, video: eligible.video, until: eligible.until.min(next_pick) })
    }
}

impl DayStart {
    /// The last day that begins by an instant.
    fn last_by(self, at: DateTime<Utc>) -> Day {
        let reached = self.clock.reached(at);
        reached.num_days_from_ce() - Day::from(reached.time() < self.time_of_day)
    }

    /// The last day that begins before an instant.
    fn last_before(self, at: DateTime<Utc>) -> Day {
        self.last_by(at - TimeDelta::nanoseconds(1))
    }

    /// Days that begin at the same instant as the next one: the zone skipped them to the other side of the date line.
    fn skipped_after(self, anchor: DateTime<Utc>) -> Vec<Day> {
        let wide = self.clock.gaps(anchor, FOREVER).filter(|gap| gap.width() >= TimeDelta::days(1));
        let first_day_of =
            |begin: chrono::NaiveDateTime| begin.date() + Days::new(u64::from(self.time_of_day < begin.time()));
        let of_gap = wide.flat_map(|gap| {
            let days = first_day_of(gap.begin()).iter_days();
            days.take_while(move |date| date.and_time(self.time_of_day) + TimeDelta::days(1) <= gap.end())
        });
        of_gap.map(|date| date.num_days_from_ce()).collect()
    }
}
