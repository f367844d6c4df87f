//! A pick for each day, never what played until then.
//!
//! The pick of a day is a weighted choice by a stable hash among those that may play at its boundary; if that is what
//! played until then and there is another, a second choice is made without it. So a pick follows from the day before, and
//! in the end from the anchor. It need not be counted from there: a day whose first choice cannot have played the
//! evening before is certain by itself, and two that take turns do so by parity. The last answer is kept, so that days
//! asked for in order cost one step each.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A day by its number: the local date on whose wall time it begins.
pub(super) type Day = i32;

/// The chain of picks.
pub(super) struct Picks {
    key: u64,
    first_day: Day,
    /// Days without an instant of their own.
    skipped: Vec<Day>,
    candidates: Vec<Candidate>,
    last_answer: Cell<Option<(Day, usize)>>,
}

/// One of those to pick from.
pub(super) struct Candidate {
    pub weight: u64,
    /// The last day at whose boundary it may play.
    pub last_pick: Day,
    /// The last day just before whose boundary it may play.
    pub last_evening: Day,
}

/// What the choices of a rule depend on.
pub(super) fn key_of(unique_id: Uuid, anchor: DateTime<Utc>) -> u64 {
    let digest = Sha256::new().chain_update(unique_id).chain_update(anchor.timestamp_micros().to_be_bytes()).finalize();
    digest.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte))
}

impl Picks {
    pub fn new(key: u64, first_day: Day, skipped: Vec<Day>, candidates: Vec<Candidate>) -> Self {
        Self { key, first_day, skipped, candidates, last_answer: Cell::new(None) }
    }

    /// The place of a day's pick; that of a day before the first is the first's. Where nobody may play it means nothing.
    pub fn of(&self, day: Day) -> usize {
        let day = day.max(self.first_day);
        let pick = self.counted_to(day);
        self.last_answer.set(Some((day, pick)));
        pick
    }

    /// Back to a day that is certain, and forward again.
    fn counted_to(&self, day: Day) -> usize {
        let mut reached = day;
        let mut pick = loop {
            match self.certain(reached) {
                Some(pick) => break pick,
                None => reached = self.day_before(reached),
            }
        };
        while reached < day {
            reached = self.day_after(reached);
            pick = self.following(pick, reached);
        }
        pick
    }

    /// The pick of a day as far as it is known without the day before.
    fn certain(&self, day: Day) -> Option<usize> {
        let pick = self.choice(day, None).unwrap_or(0);
        if day <= self.first_day || self.choice(day, Some(pick)).is_none() {
            return Some(pick);
        }
        if let Some((_, pick)) = self.last_answer.get().filter(|(known, _)| *known == day) {
            return Some(pick);
        }
        if let Some(pick) = self.by_parity(day) {
            return Some(pick);
        }
        let yesterday = self.day_before(day);
        let first = self.choice(yesterday, None).unwrap_or(0);
        let second = self.choice(yesterday, Some(first)).unwrap_or(first);
        [first, second].into_iter().all(|picked| self.in_the_evening(picked, day) != pick).then_some(pick)
    }

    fn following(&self, yesterdays: usize, day: Day) -> usize {
        let pick = self.choice(day, None).unwrap_or(0);
        let repeated = pick == self.in_the_evening(yesterdays, day);
        if repeated { self.choice(day, Some(pick)).unwrap_or(pick) } else { pick }
    }

    /// Two take turns for as long as there are only those two.
    fn by_parity(&self, day: Day) -> Option<usize> {
        let mut able = (0..).zip(&self.candidates).filter(|(_, candidate)| day <= candidate.last_pick);
        let (Some((one, _)), Some((other, _)), None) = (able.next(), able.next(), able.next()) else { return None };
        let lost = self.candidates.iter().map(|candidate| candidate.last_pick).filter(|last| *last < day).max();
        let begin = lost.map_or(self.first_day, |last| self.day_after(last).max(self.first_day));
        if begin == day {
            return None;
        }
        let skipped = self.skipped.iter().filter(|skipped| begin < **skipped && **skipped < day).count();
        let odd = (day - begin + skipped as Day) % 2 == 1;
        let at_first = self.counted_to(begin);
        Some(if odd { one + other - at_first } else { at_first })
    }

    /// What plays just before a day's boundary if the day before had this pick: it or the next that still may.
    fn in_the_evening(&self, picked: usize, day: Day) -> usize {
        let (before, from) = self.candidates.split_at(picked.min(self.candidates.len()));
        let places = (picked..).zip(from).chain((0..).zip(before));
        places.into_iter().find(|(_, candidate)| day <= candidate.last_evening).map_or(picked, |(place, _)| place)
    }

    /// A weighted choice among those that may play at a day's boundary, perhaps without one of them.
    fn choice(&self, day: Day, without: Option<usize>) -> Option<usize> {
        let able = || {
            let candidates = (0..).zip(&self.candidates);
            candidates.filter(|(place, candidate)| day <= candidate.last_pick && Some(*place) != without)
        };
        let total: u64 = able().map(|(_, candidate)| candidate.weight).sum();
        let mut point = ((u128::from(self.draw(day, without.is_some())) * u128::from(total)) >> 64) as u64;
        for (place, candidate) in able() {
            if point < candidate.weight {
                return Some(place);
            }
            point -= candidate.weight;
        }
        None
    }

    /// Two numbers for each day, by SplitMix64. They decide what was and will be shown: never change them.
    fn draw(&self, day: Day, second: bool) -> u64 {
        let place = (i64::from(day) * 2 + i64::from(second)).cast_unsigned();
        let mut mixed = self.key.wrapping_add(place.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    fn day_before(&self, day: Day) -> Day {
        (Day::MIN..day).rev().find(|day| !self.skipped.contains(day)).unwrap_or(day)
    }

    fn day_after(&self, day: Day) -> Day {
        (day + 1..=Day::MAX).find(|day| !self.skipped.contains(day)).unwrap_or(day)
    }
}
