//! Items that take turns: one step at each boundary.

use chrono::{DateTime, Utc};

use super::boundaries::Boundaries;
use super::eligibility::{Eligible, FOREVER};
use super::rotation::Turn;

/// The items of a rule and the boundaries at which they change.
pub(super) struct Steps {
    pub anchor: DateTime<Utc>,
    pub boundaries: Boundaries,
    pub items: Vec<Eligible>,
}

impl Steps {
    /// What plays, until it ends or a boundary brings another video. Changes after `limit` are not looked for.
    pub fn at(&self, at: DateTime<Utc>, limit: DateTime<Utc>) -> Option<Turn> {
        let step = self.boundaries.count(self.anchor, at);
        let (index, playing) = self.item(step, at)?;
        let until = playing.until.min(self.next_other(step, playing, at, limit));
        Some(Turn { index, video: playing.video, until })
    }

    /// The item of a step, or the next one that may play.
    fn item(&self, step: u64, at: DateTime<Utc>) -> Option<(usize, Eligible)> {
        let (before, from) = self.items.split_at((step % self.items.len().max(1) as u64) as usize);
        let places = (before.len()..).zip(from).chain((0..).zip(before));
        places.map(|(index, item)| (index, *item)).find(|(_, item)| item.at(at))
    }

    /// The first boundary that brings another video. If no step of one whole round does, none ever will: who may play
    /// only gets fewer.
    fn next_other(&self, step: u64, playing: Eligible, at: DateTime<Utc>, limit: DateTime<Utc>) -> DateTime<Utc> {
        if self.items.iter().all(|item| item.video == playing.video || !item.at(at)) {
            return FOREVER;
        }
        let round = self.items.len() as u64;
        let later = std::iter::successors(Some(at.max(self.anchor)), |boundary| self.boundaries.next(*boundary));
        (step..step + round)
            .zip(later)
            .skip(1)
            .take_while(|(_, boundary)| *boundary < playing.until && *boundary <= limit)
            .find(|(step, boundary)| self.item(*step, *boundary).is_some_and(|(_, item)| item.video != playing.video))
            .map_or(FOREVER, |(_, boundary)| boundary)
    }
}
