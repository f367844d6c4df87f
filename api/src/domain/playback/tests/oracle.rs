//! The design once more, read word by word and without any thought of speed: every boundary is walked, every rule asked.

use std::collections::BTreeSet;

use chrono::{Datelike, LocalResult, NaiveDateTime, Offset, TimeZone, Timelike};
use croner::parser::CronParser;
use sha2::{Digest, Sha256};

use super::*;

/// Those of the design, and four with odd changes: at midnight, of half an hour, across the date line.
pub const ZONES: [Tz; 9] = [
    Tz::Europe__Moscow,
    Tz::Europe__Berlin,
    Tz::America__St_Johns,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kathmandu,
    Tz::America__Havana,
    Tz::Africa__Cairo,
    Tz::Pacific__Apia,
    Tz::America__Santiago,
];

/// What a decision says, without how long it holds.
pub type Said = (Option<i64>, PlaybackSource, Option<Rule>, Option<Reason>);

pub fn said(decision: &Decision) -> Said {
    (decision.video, decision.source, decision.rule, decision.reason)
}

pub fn instant_of(zone: Tz, mut wall: NaiveDateTime) -> DateTime<Utc> {
    loop {
        match zone.from_local_datetime(&wall) {
            LocalResult::Single(at) => return at.to_utc(),
            LocalResult::Ambiguous(one, other) => return one.min(other).to_utc(),
            // On to the next whole second, until the clock shows one that exists.
            LocalResult::None => wall = wall.with_nanosecond(0).unwrap() + TimeDelta::seconds(1),
        }
    }
}

/// A recurrence with the text of its expression, which only the oracle needs.
#[derive(Clone, Debug)]
pub struct Told {
    pub recurrence: Recurrence,
    pub expression: Option<&'static str>,
}

/// The wall times of one date.
fn walls_on(told: &Told, date: NaiveDate) -> Vec<NaiveDateTime> {
    let last = (28..=31).rev().find(|day| date.with_day(*day).is_some()).unwrap();
    let once = |fits: bool, time: NaiveTime| if fits { vec![date.and_time(time)] } else { vec![] };
    match told.recurrence {
        Recurrence::Daily { time_of_day } => once(true, time_of_day),
        Recurrence::Weekly { day_of_week, time_of_day } => once(date.weekday() == day_of_week, time_of_day),
        Recurrence::Monthly { day_of_month, time_of_day } => once(date.day() == day_of_month.min(last), time_of_day),
        Recurrence::Cron(_) => {
            let cron = CronParser::new().parse(told.expression.unwrap()).unwrap();
            let midnight = date.and_time(NaiveTime::MIN).and_utc();
            let minutes = (0..1_440).map(|minute| midnight + TimeDelta::minutes(minute));
            minutes.filter(|at| cron.is_time_matching(at).unwrap()).map(|at| at.naive_utc()).collect()
        }
    }
}

/// The boundaries after the anchor, up to an instant.
pub fn boundaries(zone: Tz, told: &Told, anchor: DateTime<Utc>, through: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let from = anchor.date_naive() - chrono::Days::new(3);
    let days = (through.date_naive() - from).num_days().max(0) as usize + 4;
    let walls = from.iter_days().take(days).flat_map(|date| walls_on(told, date));
    let instants: BTreeSet<_> = walls.map(|wall| instant_of(zone, wall)).collect();
    instants.into_iter().filter(|at| anchor < *at && *at <= through).collect()
}

fn eligible(content: &Content, id: i64, at: DateTime<Utc>) -> bool {
    content.videos.iter().any(|video| {
        let holds = video.is_active && video.ready && !video.deleted;
        video.id == id && holds && video.subscription_end.is_none_or(|end| at < end)
    })
}

/// The design's answers for one content, with its boundaries and random days walked once.
pub struct Oracle<'a> {
    content: &'a Content,
    boundaries: Vec<DateTime<Utc>>,
    picks: Vec<Option<i64>>,
}

impl<'a> Oracle<'a> {
    /// `told` is the recurrence of the rule that is not of dates; RANDOM_DAILY's is that of its days.
    pub fn new(content: &'a Content, told: Option<&Told>, through: DateTime<Utc>) -> Self {
        let anchor = stepping(content).map(|rule| rule.anchor_at);
        let boundaries = match (told, anchor) {
            (Some(told), Some(anchor)) => boundaries(content.zone, told, anchor, through),
            _ => Vec::new(),
        };
        let mut oracle = Self { content, boundaries, picks: Vec::new() };
        oracle.picks = oracle.walk_picks();
        oracle
    }

    /// Whatever could change the answer: the instants at which it is worth asking.
    pub fn events(&self) -> BTreeSet<DateTime<Utc>> {
        let windows = self.content.windows.iter().flat_map(|window| [window.start, window.end]);
        let ends = self.content.videos.iter().filter_map(|video| video.subscription_end);
        windows.chain(ends).chain(self.boundaries.iter().copied()).chain([self.content.expires_at]).collect()
    }

    pub fn at(&self, at: DateTime<Utc>) -> Said {
        let nothing = |reason| (None, PlaybackSource::None, None, Some(reason));
        if at >= self.content.expires_at {
            return nothing(Reason::Expired);
        }
        if let Some((id, video)) = self.date_rule(at) {
            return (Some(video), PlaybackSource::DateRule, Some(Rule::Rotation(id)), None);
        }
        let open = |window: &&Window| window.active && window.start <= at && at < window.end;
        let mut windows: Vec<_> = self.content.windows.iter().filter(open).collect();
        windows.retain(|window| eligible(self.content, window.video_id, at));
        windows.sort_by_key(|window| (window.priority, window.start - window.end, window.created_at, window.id));
        if let Some(window) = windows.last() {
            return (Some(window.video_id), PlaybackSource::Schedule, Some(Rule::Window(window.id)), None);
        }
        if let Some((id, video)) = self.rotation(at) {
            return (Some(video), PlaybackSource::Rotation, Some(Rule::Rotation(id)), None);
        }
        if let Some(pin) = self.content.pinned_video.filter(|pin| eligible(self.content, *pin, at)) {
            return (Some(pin), PlaybackSource::Pin, None, None);
        }
        let mut videos: Vec<_> = self.content.videos.iter().collect();
        videos.retain(|video| eligible(self.content, video.id, at));
        let first = videos.into_iter().min_by_key(|video| (video.rotation_order, video.id));
        first.map_or(nothing(Reason::NoPlayableVideo), |video| (Some(video.id), PlaybackSource::Default, None, None))
    }

    fn date_rule(&self, at: DateTime<Utc>) -> Option<(RuleId, i64)> {
        let dated = |rule: &&RotationRule| rule.is_active && rule.plan.is_of_dates();
        let rule = self.content.rotations.iter().filter(dated).max_by_key(|rule| rule.id)?;
        let RotationPlan::DateRules(rows) = &rule.plan else { unreachable!() };
        let start = |date: NaiveDate| instant_of(self.content.zone, date.and_time(NaiveTime::MIN));
        let around = (at.date_naive() - chrono::Days::new(2)).iter_days().take(5);
        let today = around.into_iter().find(|date| start(*date) <= at && at < start(date.succ_opt().unwrap())).unwrap();
        let of_today = |row: &&DateRule| {
            let (month, day) = (row.date.month(), row.date.day());
            let yearly = NaiveDate::from_ymd_opt(today.year(), month, day)
                .unwrap_or_else(|| NaiveDate::from_ymd_opt(today.year(), 2, 28).unwrap());
            eligible(self.content, row.video_id, at) && today == if row.yearly { yearly } else { row.date }
        };
        let exact = rows.iter().filter(of_today).find(|row| !row.yearly);
        exact.or_else(|| rows.iter().find(of_today)).map(|row| (rule.id, row.video_id))
    }

    fn rotation(&self, at: DateTime<Utc>) -> Option<(RuleId, i64)> {
        let rule = stepping(self.content)?;
        let step = self.boundaries.partition_point(|boundary| *boundary <= at);
        let video = match &rule.plan {
            RotationPlan::DateRules(_) => unreachable!(),
            RotationPlan::Fixed { default_video } => Some(*default_video).filter(|id| eligible(self.content, *id, at)),
            RotationPlan::Steps { items, .. } => self.give_way(items, step % items.len().max(1), at),
            RotationPlan::RandomDaily { items, .. } => {
                let items = &distinct(items);
                let picked = self.picks[step].and_then(|pick| items.iter().position(|item| item.video_id == pick));
                self.give_way(items, picked.unwrap_or(0), at)
            }
        };
        video.map(|video| (rule.id, video))
    }

    fn give_way(&self, items: &[RotationItem], from: usize, at: DateTime<Utc>) -> Option<i64> {
        let order = items.iter().cycle().skip(from).take(items.len()).map(|item| item.video_id);
        order.into_iter().find(|video| eligible(self.content, *video, at))
    }

    /// The picks of all days, forward from the anchor.
    fn walk_picks(&self) -> Vec<Option<i64>> {
        let Some(rule) = stepping(self.content) else { return Vec::new() };
        let RotationPlan::RandomDaily { time_of_day, items } = &rule.plan else { return Vec::new() };
        let items = distinct(items);
        let mut evening = None;
        let mut picks = Vec::new();
        for (step, start) in std::iter::once(rule.anchor_at).chain(self.boundaries.iter().copied()).enumerate() {
            let date = local_date_of_day(self.content.zone, *time_of_day, start);
            let able = |without: Option<i64>| -> Vec<RotationItem> {
                let able = items.iter().filter(|item| eligible(self.content, item.video_id, start));
                able.filter(|item| Some(item.video_id) != without).copied().collect()
            };
            let mut pick = choose(self.content, rule, date, 0, &able(None));
            if step > 0 && pick.is_some() && pick == evening {
                pick = choose(self.content, rule, date, 1, &able(pick)).or(pick);
            }
            picks.push(pick);
            let place = pick.and_then(|pick| items.iter().position(|item| item.video_id == pick)).unwrap_or(0);
            let end = self.boundaries.get(step);
            evening = end.and_then(|end| self.give_way(&items, place, *end - TimeDelta::microseconds(1)));
        }
        picks
    }
}

fn stepping(content: &Content) -> Option<&RotationRule> {
    let stepping = |rule: &&RotationRule| rule.is_active && !rule.plan.is_of_dates();
    content.rotations.iter().filter(stepping).max_by_key(|rule| rule.id)
}

/// The latest local date whose wall time has come.
fn local_date_of_day(zone: Tz, time: NaiveTime, at: DateTime<Utc>) -> NaiveDate {
    let around = (at.date_naive() - chrono::Days::new(3)).iter_days().take(6);
    around.filter(|date| instant_of(zone, date.and_time(time)) <= at).max().unwrap()
}

/// A video that occurs twice is in its first place, with both weights.
fn distinct(items: &[RotationItem]) -> Vec<RotationItem> {
    let mut distinct: Vec<RotationItem> = Vec::new();
    for item in items {
        let weight = item.weight.max(1);
        match distinct.iter_mut().find(|known| known.video_id == item.video_id) {
            Some(known) => known.weight += weight,
            None => distinct.push(RotationItem { weight, ..*item }),
        }
    }
    distinct
}

/// A weighted choice, in the order of items.
fn choose(content: &Content, rule: &RotationRule, date: NaiveDate, turn: i64, able: &[RotationItem]) -> Option<i64> {
    let seed = [content.unique_id.as_bytes().as_slice(), &rule.anchor_at.timestamp_micros().to_be_bytes()].concat();
    let key = u64::from_be_bytes(Sha256::digest(seed)[..8].try_into().unwrap());
    let number = i64::from(date.num_days_from_ce()) * 2 + turn;
    let mut random = key.wrapping_add((number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    random = (random ^ (random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    random = (random ^ (random >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    random ^= random >> 31;
    let total: u64 = able.iter().map(|item| item.weight as u64).sum();
    let point = ((u128::from(random) * u128::from(total)) >> 64) as u64;
    let ends = able.iter().scan(0, |sum, item| {
        *sum += item.weight as u64;
        Some((*sum, item.video_id))
    });
    ends.into_iter().find(|(end, _)| point < *end).map(|(_, video)| video)
}

impl Oracle<'_> {
    /// The instants at which dates begin.
    pub fn midnights(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = DateTime<Utc>> {
        let dates = from.iter_days().take_while(move |date| *date <= to);
        dates.map(|date| instant_of(self.content.zone, date.and_time(NaiveTime::MIN)))
    }

    /// The instants at which the zone's clock is set, and some after each.
    pub fn clock_changes(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let offset = |at: &DateTime<Utc>| self.content.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let hours: Vec<_> = (0..(to - from).num_hours()).map(|hour| from + TimeDelta::hours(hour)).collect();
        let changed = hours.windows(2).filter(|pair| offset(&pair[0]) != offset(&pair[1]));
        changed
            .flat_map(|pair| [0, 1, 20, 40, 59, 60, 61, 100].map(|minutes| pair[0] + TimeDelta::minutes(minutes)))
            .collect()
    }
}
