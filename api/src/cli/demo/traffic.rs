//! Simulated viewers: while the demo serves, a phone comes every few seconds, looks at a photo for a while, and goes or
//! falls silent. They report through the writer that takes the beacons of real phones.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::models::{ArContent, TrackingQuality};
use arvlite_db::{Entity, Page};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Caller, Permission, Viewer};
use crate::domain::view::{Beat, Start};

/// Between two phones that come.
const PAUSE_MS: std::ops::RangeInclusive<u64> = 2_000..=5_000;
/// Between two reports of a phone.
const BEAT_SECONDS: std::ops::RangeInclusive<i32> = 3..=6;
/// Reports of a phone.
const BEATS: std::ops::RangeInclusive<usize> = 2..=7;
/// How many phones look at once, at most.
const AT_ONCE: usize = 10;
/// How many of them fall silent rather than end their view.
const VANISH: f64 = 0.15;

/// What phones name themselves, and how many of a hundred do so.
const USER_AGENTS: [(u32, &str); 6] = [
    (34, "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"),
    (
        30,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 \
         Safari/604.1",
    ),
    (
        16,
        "Mozilla/5.0 (Linux; Android 14; SM-A556E) AppleWebKit/537.36 Chrome/138.0.0.0 YaBrowser/25.8.0 Mobile \
         Safari/537.36",
    ),
    (8, "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1"),
    (6, "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"),
    (6, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"),
];

/// Lets phones come until the handle is dropped.
pub(super) fn start(app: &Arc<App>) -> AbortOnDropHandle<()> {
    // Another seed at every start: a phone that came before would only repeat itself.
    let chance = StdRng::seed_from_u64(app.clock.now().timestamp_micros().unsigned_abs());
    AbortOnDropHandle::new(tokio::spawn(come_and_go(Arc::clone(app), chance)))
}

async fn come_and_go(app: Arc<App>, mut chance: StdRng) {
    let mut looking = JoinSet::new();
    loop {
        while looking.try_join_next().is_some() {}
        let codes = codes(&app).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "a simulated viewer could not be sent anywhere");
            Vec::new()
        });
        if looking.len() < AT_ONCE
            && let Some(visit) = Visit::draw(&mut chance, &codes)
        {
            looking.spawn(look(Arc::clone(&app), visit));
        }
        tokio::time::sleep(Duration::from_millis(chance.random_range(PAUSE_MS))).await;
    }
}

/// The codes that were printed so far, also those of visitors of the demo.
async fn codes(app: &App) -> arvlite_db::Result<Vec<Uuid>> {
    let session = app.db.session(Viewer::system().scope(Permission::ReadStudio));
    let contents = ArContent::page(&session, &Page::first(1000)).await?;
    Ok(contents.iter().map(|content| content.unique_id).collect())
}

/// What a phone is going to do.
#[derive(Debug, Clone)]
struct Visit {
    code: Uuid,
    session_id: Uuid,
    caller: Caller,
    /// Reports, each after this many seconds.
    beats: Vec<(i32, Beat)>,
}

impl Visit {
    /// Draws one. Some photos are liked more than others.
    fn draw(chance: &mut StdRng, codes: &[Uuid]) -> Option<Self> {
        let liked = chance.random::<f64>().powi(2) * codes.len() as f64;
        let code = *codes.get(liked as usize)?;
        let session_id = uuid::Builder::from_random_bytes(chance.random()).into_uuid();
        let user_agent = USER_AGENTS.choose_weighted(chance, |(weight, _)| *weight).ok()?.1;
        let address = format!("198.51.{}.{}", chance.random_range(100..104), chance.random_range(1..255));
        let caller = Caller { address: Some(address), user_agent: Some(user_agent.to_owned()), ..Caller::default() };
        Some(Self { code, session_id, caller, beats: beats(chance) })
    }
}

fn beats(chance: &mut StdRng) -> Vec<(i32, Beat)> {
    let vanishes = chance.random_bool(VANISH);
    let count = chance.random_range(BEATS);
    let mut seconds = 0;
    let mut beat = |number: usize| {
        let after = chance.random_range(BEAT_SECONDS);
        seconds += after;
        let quality = match chance.random_range(0..10) {
            0 => TrackingQuality::Poor,
            1..=3 => TrackingQuality::Fair,
            _ => TrackingQuality::Good,
        };
        let ended = number == count && !vanishes;
        // It takes a second to find the photo.
        let played_seconds = Some(seconds - 1);
        let tracking_quality = Some(quality);
        (after, Beat { played_seconds, tracking_quality, video_played: true, ended, ..Beat::default() })
    };
    (1..=count).map(&mut beat).collect()
}

/// Does what a phone does: it starts a view and reports, or gives up where nothing plays or nobody answers.
async fn look(app: Arc<App>, visit: Visit) {
    let start = Start { unique_id: visit.code, session_id: visit.session_id, ..Start::default() };
    let started = app.views.writer.start(start, &visit.caller).await;
    let Some(token) = started.ok().and_then(|started| started.token) else { return };
    for (after, beat) in visit.beats {
        tokio::time::sleep(Duration::from_secs(after.unsigned_abs().into())).await;
        if app.views.writer.beat(&token, beat).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn visits(seed: u64) -> Vec<Visit> {
        let mut chance = StdRng::seed_from_u64(seed);
        let codes: Vec<Uuid> = (1..=20).map(Uuid::from_u128).collect();
        (0..500).map(|_| Visit::draw(&mut chance, &codes).unwrap()).collect()
    }

    #[test]
    fn a_seed_tells_who_comes_and_another_one_brings_others() {
        let ids = |seed| visits(seed).iter().map(|visit| visit.session_id).collect::<HashSet<_>>();
        assert_eq!((ids(1), ids(1).len()), (ids(1), 500));
        assert!(ids(1).is_disjoint(&ids(2)));
        assert!(Visit::draw(&mut StdRng::seed_from_u64(1), &[]).is_none());
    }

    #[test]
    fn phones_behave_as_phones_do() {
        let visits = visits(3);
        let vanished = visits.iter().filter(|visit| !visit.beats.last().unwrap().1.ended).count();
        assert!((40..=110).contains(&vanished), "{vanished} of 500");
        let codes: HashSet<Uuid> = visits.iter().map(|visit| visit.code).collect();
        assert_eq!(codes.len(), 20);
        let agents: HashSet<&str> = visits.iter().filter_map(|visit| visit.caller.user_agent.as_deref()).collect();
        assert_eq!(agents.len(), USER_AGENTS.len());
        for visit in &visits {
            let played: Vec<i32> = visit.beats.iter().filter_map(|(_, beat)| beat.played_seconds).collect();
            assert!(played.is_sorted_by(|one, next| one < next), "{played:?}");
            let (_, before_the_last) = visit.beats.split_last().unwrap();
            assert!(before_the_last.iter().all(|(_, beat)| !beat.ended));
            let waited: i32 = visit.beats.iter().map(|(after, _)| after).sum();
            assert!(played.last().is_some_and(|last| *last < waited));
        }
    }
}
