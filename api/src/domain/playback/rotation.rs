//! Rotation rules: what a studio says once, and what it means at every instant.
//!
//! Nothing is stored and ticked. A rule has *boundaries* (`boundaries.rs`), counted from its anchor in the company's
//! zone; an instant's step is the number of boundaries since, and the step says which item plays (`stepped.rs`). Random
//! days follow one another from the anchor by a stable hash (`random_daily.rs`); dates are a layer of their own
//! (`dates.rs`).
//!
//! # Where the seed's rotation goes
//!
//! The seed keeps rotation in two places. `video_rotation_schedules` maps one to one: `daily`, `weekly` and `monthly`
//! with their `time_of_day`, `day_of_week` (1 to 7, ISO) and `day_of_month` become DAILY, WEEKLY and MONTHLY,
//! `cron_expression` CRON, `video_sequence` the items in its order. `current_index` and `last_rotation_at` become the
//! anchor: the items begin with the one at `current_index`, and the anchor is `last_rotation_at` (without one, the
//! import), so that what plays does not jump. `next_rotation_at` follows from that; one that was left to pass while the
//! ticking job was down is not made up for.
//!
//! The other place is each video's own `rotation_type` and `rotation_order`. Every request for a code moved the content's
//! `rotation_state` on, prefetches and bots included, so two people at one print saw different videos and nobody could
//! say which. Here time moves it on, and everybody sees the same:
//!
//! | seed | here | why |
//! | --- | --- | --- |
//! | `none` | no rule; `rotation_order` stays | the lowest order, then the lowest id, is the default |
//! | `cyclic` | DAILY at 00:00 with the content's eligible videos by (order, id), beginning with the one at `rotation_state` modulo their number; the anchor is the import | goes round for ever, as it did; a day is the shortest time of the seed's own rules |
//! | `sequential` | FIXED on the last video by (order, id); each one from `rotation_state` up to it gets a window of one local day, one after the other, from the midnight after the import | each is shown once and the last one stays, as it did; windows go before rotation, so both rules hold together |
//!
//! With one eligible video neither says more than the default does, and no rule is made.

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};

use super::boundaries::Boundaries;
use super::cron::Cron;
use super::eligibility::{Eligibility, Eligible, FOREVER};
use super::prepared::{Choice, Said};
use super::random_daily::RandomDays;
use super::stepped::Steps;
use super::wall_time::WallClock;
use super::{Content, Rule, RuleId};

/// A rotation rule of a content.
#[derive(Clone, Debug)]
pub struct RotationRule {
    /// Which rule.
    pub id: RuleId,
    /// It counts. Of several of a kind (those of dates, all others) that do, the newest does.
    pub is_active: bool,
    /// Steps are counted from here; nothing steps before.
    pub anchor_at: DateTime<Utc>,
    /// What it says.
    pub plan: RotationPlan,
}

/// What a rotation rule says.
#[derive(Clone, Debug)]
pub enum RotationPlan {
    /// One video.
    Fixed {
        /// Which.
        default_video: i64,
    },
    /// Videos of dates, earlier rows first.
    DateRules(Vec<DateRule>),
    /// Items that take turns, one step at each boundary.
    Steps {
        /// The boundaries.
        recurrence: Recurrence,
        /// In their order.
        items: Vec<RotationItem>,
    },
    /// A pick for each day.
    RandomDaily {
        /// When the day begins.
        time_of_day: NaiveTime,
        /// In their order.
        items: Vec<RotationItem>,
    },
}

/// When a rule steps on, in wall times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recurrence {
    /// Every day.
    Daily {
        /// At this time.
        time_of_day: NaiveTime,
    },
    /// Every week.
    Weekly {
        /// On this day.
        day_of_week: Weekday,
        /// At this time.
        time_of_day: NaiveTime,
    },
    /// Every month.
    Monthly {
        /// On this day, 1 to 31; on the last one of a month that lacks it.
        day_of_month: u32,
        /// At this time.
        time_of_day: NaiveTime,
    },
    /// At the wall times of an expression.
    Cron(Cron),
}

/// One of the videos that take turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationItem {
    /// The video.
    pub video_id: i64,
    /// How often a random day picks it, against the others; 1 at least.
    pub weight: i32,
}

/// A video of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRule {
    /// The local date.
    pub date: NaiveDate,
    /// It holds in every year; 29 February is on the 28th of common years.
    pub yearly: bool,
    /// The video.
    pub video_id: i64,
}

/// Where a rule stands at an instant, whether it counts or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RotationState {
    /// The place of the item that it gives, from 0.
    pub current_index: Option<usize>,
    /// The last boundary after the anchor.
    pub last_rotation_at: Option<DateTime<Utc>>,
    /// The next boundary.
    pub next_rotation_at: Option<DateTime<Utc>>,
}

/// The rule that is not of dates.
pub(super) struct RotationLayer {
    rule: Rule,
    turns: Turns,
}

enum Turns {
    Fixed(Eligible),
    Steps(Steps),
    Random(RandomDays),
}

/// An item that plays: its place in the rule, and the first instant at which another video does.
pub(super) struct Turn {
    pub index: usize,
    pub video: i64,
    pub until: DateTime<Utc>,
}

/// The newest active one of these.
pub(super) fn newest_active<'a>(rules: impl Iterator<Item = &'a RotationRule>) -> Option<&'a RotationRule> {
    rules.filter(|rule| rule.is_active).max_by_key(|rule| rule.id)
}

impl RotationPlan {
    /// A content has one active rule of dates at most, and one that is not of dates.
    #[must_use]
    pub const fn is_of_dates(&self) -> bool {
        matches!(self, Self::DateRules(_))
    }
}

impl RotationLayer {
    pub fn of(content: &Content, clock: WallClock, videos: &Eligibility) -> Option<Self> {
        let rule = newest_active(content.rotations.iter().filter(|rule| !rule.plan.is_of_dates()))?;
        Self::of_rule(rule, content, clock, videos)
    }

    pub fn of_rule(rule: &RotationRule, content: &Content, clock: WallClock, videos: &Eligibility) -> Option<Self> {
        let turns = match &rule.plan {
            RotationPlan::DateRules(_) => return None,
            RotationPlan::Fixed { default_video } => Turns::Fixed(videos.of_video(*default_video)),
            RotationPlan::Steps { recurrence, items } => {
                let boundaries = Boundaries::of(recurrence, clock);
                let items = items.iter().map(|item| videos.of_video(item.video_id)).collect();
                Turns::Steps(Steps { anchor: rule.anchor_at, boundaries, items })
            }
            RotationPlan::RandomDaily { time_of_day, items } => {
                let seed = (content.unique_id, rule.anchor_at);
                Turns::Random(RandomDays::of(seed, *time_of_day, items, clock, videos))
            }
        };
        Some(Self { rule: Rule::Rotation(rule.id), turns })
    }

    pub fn at(&self, at: DateTime<Utc>, limit: DateTime<Utc>) -> Said {
        let rule = Some(self.rule);
        match self.turn(at, limit) {
            Some(Turn { video, until, .. }) => {
                Said::plays(Choice { video, source: PlaybackSource::Rotation, rule }, until)
            }
            None => Said::nothing_until(FOREVER),
        }
    }

    fn turn(&self, at: DateTime<Utc>, limit: DateTime<Utc>) -> Option<Turn> {
        match &self.turns {
            Turns::Fixed(Eligible { video, until }) => {
                (at < *until).then_some(Turn { index: 0, video: *video, until: *until })
            }
            Turns::Steps(steps) => steps.at(at, limit),
            Turns::Random(days) => days.at(at),
        }
    }

    pub const fn is_fixed(&self) -> bool {
        matches!(self.turns, Turns::Fixed(_))
    }

    /// The boundaries, and the anchor that they are counted from; FIXED has none.
    fn boundaries(&self) -> Option<(&Boundaries, DateTime<Utc>)> {
        match &self.turns {
            Turns::Fixed(_) => None,
            Turns::Steps(steps) => Some((&steps.boundaries, steps.anchor)),
            Turns::Random(days) => Some((&days.boundaries, days.anchor)),
        }
    }

    /// The next boundary after an instant.
    pub fn next_boundary(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (boundaries, anchor) = self.boundaries()?;
        boundaries.next(at.max(anchor))
    }

    fn last_boundary(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (boundaries, anchor) = self.boundaries()?;
        boundaries.last(anchor, at)
    }
}

impl RotationState {
    /// Where one of the content's rules stands. One of dates, or FIXED, has no steps.
    #[must_use]
    pub fn of(rule: &RotationRule, content: &Content, at: DateTime<Utc>) -> Self {
        let videos = Eligibility::of(&content.videos);
        let layer = RotationLayer::of_rule(rule, content, WallClock::of(content.zone), &videos);
        let Some(layer) = layer.filter(|layer| !layer.is_fixed()) else { return Self::default() };
        Self {
            current_index: layer.turn(at, at).map(|turn| turn.index),
            last_rotation_at: layer.last_boundary(at),
            next_rotation_at: layer.next_boundary(at),
        }
    }
}
