//! Who looks now, and who came and went lately: a picture, counted anew for whoever asks, and for dashboards again and
//! again.
//!
//! However many dashboards of a process follow the same part of a company, they share what was read a moment ago.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use arvlite_db::models::{DeviceType, LiveViews, ViewLogScope};
use arvlite_db::{DbError, Session};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::time::Instant;

use super::SILENCE;
use super::log::resolve_in_company;
use crate::app::App;
use crate::auth::Viewer;
use crate::clock::Clock;
use crate::domain::Result;

/// How far back a picture reaches.
pub const WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3600);
/// How long it may be from one picture to the next, at the least.
pub const PACES: RangeInclusive<Duration> = Duration::from_millis(200)..=Duration::from_secs(30);
/// Orders that a picture names.
pub const MOST_LIVE_CONTENTS: usize = 50;

/// What is shared is never older than the fastest dashboard would notice.
const SHARED_FOR: Duration = *PACES.start();
/// A picture in which nothing changed is told again after this time, so that a dashboard knows that it still stands.
const HEARTBEAT: Duration = *PACES.end();

/// What a picture is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureOf {
    /// Whose views.
    pub scope: ViewLogScope,
    /// How far back "lately" reaches.
    pub window: Duration,
}

/// Who looks, at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The instant.
    pub as_of: DateTime<Utc>,
    /// What was counted.
    pub counted: Counted,
}

/// What is counted of views. Programs are not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Counted {
    /// Views that go on.
    pub active: i64,
    /// Views that began lately.
    pub started: i64,
    /// Views that ended lately.
    pub ended: i64,
    /// Seconds played by those that go on or ended lately, as far as they said, and how many said so.
    pub watched: (i64, i64),
    /// The orders with most going on, of those with anything going on or begun lately.
    pub contents: Vec<ContentNow>,
    /// Views that go on by kind of device, most first.
    pub devices: Vec<(DeviceType, i64)>,
}

/// How one order stands in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentNow {
    /// The order.
    pub ar_content_id: i64,
    /// Views of it that go on.
    pub active: i64,
    /// Views of it that began lately.
    pub started: i64,
}

/// The pictures that dashboards of this process follow.
#[derive(Default)]
pub struct LivePictures(Mutex<HashMap<PictureOf, Weak<Shared>>>);

/// The last picture that was read for all who follow it. Whoever wants a newer one reads it while the others wait.
#[derive(Default)]
struct Shared(tokio::sync::Mutex<Option<(Instant, Arc<Picture>)>>);

impl LivePictures {
    fn join(&self, of: PictureOf) -> Arc<Shared> {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shared) = followed.get(&of).and_then(Weak::upgrade) {
            return shared;
        }
        followed.retain(|_, shared| shared.strong_count() > 0);
        let shared = Arc::<Shared>::default();
        followed.insert(of, Arc::downgrade(&shared));
        shared
    }
}

/// The picture as it is now.
///
/// # Errors
/// When there is nothing that the viewer may look at, or the database does not work out.
pub async fn live_stats(app: &App, viewer: &Viewer, of: PictureOf) -> Result<Picture> {
    let (session, company_id) = resolve_in_company(app, viewer, of.scope).await?;
    Ok(Source { session, company_id, of, clock: app.clock.clone() }.read().await?)
}

/// The picture as it is now, and then whenever it has changed: the newest, and never sooner than a pace after the one
/// before. While nothing changes it is told every 30 seconds; while the database is away, not at all.
///
/// # Errors
/// When there is nothing that the viewer may look at.
pub async fn follow_live_stats(
    app: &App,
    viewer: &Viewer,
    of: PictureOf,
    pace: Duration,
) -> Result<impl Stream<Item = Result<Arc<Picture>>> + Send + use<>> {
    let (session, company_id) = resolve_in_company(app, viewer, of.scope).await?;
    let source = Source { session, company_id, of, clock: app.clock.clone() };
    let follower = Follower { source, shared: app.views.pictures.join(of), pace, last: None };
    Ok(unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(picture) => Some((Ok(picture), Some(follower))),
            Err(error) => Some((Err(error), None)),
        }
    }))
}

/// Where a picture comes from.
struct Source {
    session: Session,
    company_id: i64,
    of: PictureOf,
    clock: Clock,
}

impl Source {
    async fn read(&self) -> arvlite_db::Result<Picture> {
        let as_of = self.clock.now();
        let since = as_of - TimeDelta::from_std(self.of.window).unwrap_or(TimeDelta::zero());
        let heard_since = as_of - SILENCE;
        let views = LiveViews::since(&self.session, self.company_id, self.of.scope, since, heard_since).await?;
        Ok(Picture { as_of, counted: Counted::of(&views) })
    }
}

struct Follower {
    source: Source,
    shared: Arc<Shared>,
    pace: Duration,
    last: Option<Told>,
}

/// A picture that a dashboard was told.
struct Told {
    at: Instant,
    picture: Arc<Picture>,
}

impl Follower {
    async fn next(&mut self) -> Result<Arc<Picture>> {
        if let Some(told) = &self.last {
            tokio::time::sleep_until(told.at + self.pace).await;
        }
        loop {
            match self.shared.newest(&self.source).await {
                Ok(picture) if is_news(self.last.as_ref(), &picture, Instant::now()) => {
                    self.last = Some(Told { at: Instant::now(), picture: Arc::clone(&picture) });
                    return Ok(picture);
                }
                Ok(_) => tokio::time::sleep_until(look_again(self.last.as_ref(), Instant::now(), self.pace)).await,
                Err(DbError::Failed(error)) => return Err(DbError::Failed(error).into()),
                Err(error) => {
                    tracing::debug!(?error, "a dashboard waits for the database");
                    tokio::time::sleep(self.pace).await;
                }
            }
        }
    }
}

/// When to look again after nothing was new.
fn look_again(last: Option<&Told>, now: Instant, pace: Duration) -> Instant {
    let next = now + pace;
    last.map_or(next, |last| next.min(last.at + HEARTBEAT))
}

fn is_news(last: Option<&Told>, picture: &Picture, at: Instant) -> bool {
    last.is_none_or(|last| last.picture.counted != picture.counted || at >= last.at + HEARTBEAT)
}

impl Shared {
    async fn newest(&self, source: &Source) -> arvlite_db::Result<Arc<Picture>> {
        let mut last = self.0.lock().await;
        if let Some((read_at, picture)) = &*last
            && read_at.elapsed() < SHARED_FOR
        {
            return Ok(Arc::clone(picture));
        }
        // What happens from now on may be missing in what comes.
        let asked_at = Instant::now();
        let picture = Arc::new(source.read().await?);
        *last = Some((asked_at, Arc::clone(&picture)));
        Ok(picture)
    }
}

impl Counted {
    fn of(views: &[LiveViews]) -> Self {
        let mut counted = Self::default();
        let mut contents: BTreeMap<i64, ContentNow> = BTreeMap::new();
        let mut devices: BTreeMap<DeviceType, i64> = BTreeMap::new();
        for group in views {
            counted.active += group.active;
            counted.started += group.started;
            counted.ended += group.ended;
            counted.watched.0 += group.watched_seconds;
            counted.watched.1 += group.watched;
            let ar_content_id = group.ar_content_id;
            let content = contents.entry(ar_content_id).or_insert(ContentNow { ar_content_id, active: 0, started: 0 });
            content.active += group.active;
            content.started += group.started;
            *devices.entry(group.device_type).or_default() += group.active;
        }
        counted.contents = contents.into_values().filter(|now| now.active > 0 || now.started > 0).collect();
        counted.contents.sort_by_key(|now| std::cmp::Reverse((now.active, now.started, -now.ar_content_id)));
        counted.contents.truncate(MOST_LIVE_CONTENTS);
        counted.devices = devices.into_iter().filter(|(_, active)| *active > 0).collect();
        counted.devices.sort_by_key(|(_, active)| std::cmp::Reverse(*active));
        counted
    }

    /// How long the video played on average, in seconds; none where no view said so.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody watches for that long")]
    pub fn average_seconds(&self) -> Option<f64> {
        let (seconds, views) = self.watched;
        (views > 0).then(|| seconds as f64 / views as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(active: i64) -> Arc<Picture> {
        let counted = Counted { active, ..Counted::default() };
        Arc::new(Picture { as_of: DateTime::UNIX_EPOCH, counted })
    }

    #[test]
    fn news_is_what_comes_first_or_differs_or_was_not_said_for_half_a_minute() {
        let told_at = Instant::now();
        let told = Told { at: told_at, picture: picture(1) };
        assert!(is_news(None, &picture(1), told_at));
        assert!(is_news(Some(&told), &picture(2), told_at));
        assert!(!is_news(Some(&told), &picture(1), told_at + HEARTBEAT - Duration::from_millis(1)));
        assert!(is_news(Some(&told), &picture(1), told_at + HEARTBEAT));
    }

    #[test]
    fn what_stays_the_same_is_told_after_half_a_minute_whatever_the_pace_and_never_sooner_than_that() {
        let told_at = Instant::now();
        let told = Told { at: told_at, picture: picture(1) };
        for pace in [PACES.start().as_millis(), 7_000, 20_000, 29_000, 29_999, PACES.end().as_millis()] {
            let pace = Duration::from_millis(u64::try_from(pace).unwrap());
            let mut now = told_at + pace;
            while !is_news(Some(&told), &told.picture, now) {
                let next = look_again(Some(&told), now, pace);
                assert!(next > now && next <= now + pace, "{pace:?}");
                now = next;
            }
            assert_eq!(now - told_at, HEARTBEAT, "{pace:?}");
        }
        assert_eq!(look_again(None, told_at, HEARTBEAT), told_at + HEARTBEAT);
    }
}
