//! What plays, as it changes: whoever follows an order is told at once, and again whenever the video or the reason
//! changes, by itself or by somebody's write.
//!
//! Each process watches the orders that anybody follows at it, all of them in one task: an order is read anew when the
//! decision before ends, when a write that concerns it was committed anywhere, and every half minute, since NOTIFY only
//! wakes and may be lost. However many follow and however many orders are due, one reading takes as many statements as one
//! order's playback.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use arvlite_db::models::{ArContent, PlaybackRows};
use arvlite_db::{Db, Entity, Listener, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{Notify, watch};
use tokio_util::task::AbortOnDropHandle;

use super::concern::{CHANNEL, Concern};
use super::{Content, Decision, Reason, active_video};
use crate::app::App;
use crate::auth::{Readable, Viewer};
use crate::clock::Clock;
use crate::domain::execute::require;
use crate::domain::{Error, Result};
use crate::monitoring::{Job, Metrics};

/// Without any news, an order is read again after this time.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(30);
/// Orders read at once.
const AT_ONCE: usize = 500;
/// How long to wait before an unreachable database is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What plays at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The instant.
    pub at: DateTime<Utc>,
    /// What plays, and why.
    pub decision: Decision,
    /// In which round of this process it was read.
    round: u64,
}

/// The orders that are followed at this process.
pub struct LivePlayback {
    watch: Arc<Watch>,
    running: OnceLock<[AbortOnDropHandle<()>; 2]>,
}

struct Watch {
    db: Db,
    clock: Clock,
    metrics: Arc<Metrics>,
    orders: Mutex<Orders>,
    wake: Notify,
}

#[derive(Default)]
struct Orders {
    /// Rounds begun so far.
    rounds: u64,
    watched: HashMap<i64, Watched>,
}

struct Watched {
    told: watch::Sender<Option<Standing>>,
    /// When it is to be read again.
    due: DateTime<Utc>,
    /// Of which project and company it was when it was last read.
    places: Option<(i64, i64)>,
}

/// Follows what an order plays: as it is now, and then whenever the video or the reason changes.
///
/// # Errors
/// When there is no such order that the viewer may see.
pub async fn follow(
    app: &App,
    viewer: &Viewer,
    ar_content_id: i64,
) -> Result<impl Stream<Item = Standing> + Send + use<>> {
    require(viewer, ArContent::NEEDS)?;
    let session = app.db.session(viewer.scope(ArContent::NEEDS));
    if ArContent::by_ids(&session, &[ar_content_id]).await?.is_empty() {
        return Err(Error::NotFound);
    }
    let follower = app.playback.join(ar_content_id);
    Ok(unfold(follower, |mut follower| async move { Some((follower.next().await?, follower)) }))
}

/// Somebody who follows an order.
struct Follower {
    told: watch::Receiver<Option<Standing>>,
    /// What was read in this round or before it may be older than what they know.
    after: u64,
    last: Option<(Option<i64>, Option<Reason>)>,
}

impl Follower {
    /// The next change; none when the process ends.
    async fn next(&mut self) -> Option<Standing> {
        loop {
            let standing = *self.told.borrow_and_update();
            if let Some(standing) = standing.filter(|standing| standing.round > self.after) {
                let plays = (standing.decision.video, standing.decision.reason);
                if self.last.replace(plays) != Some(plays) {
                    return Some(standing);
                }
            }
            self.told.changed().await.ok()?;
        }
    }
}

impl LivePlayback {
    /// Nobody follows anything yet.
    #[must_use]
    pub fn new(db: Db, clock: Clock, metrics: Arc<Metrics>) -> Self {
        let watch = Watch { db, clock, metrics, orders: Mutex::default(), wake: Notify::new() };
        Self { watch: Arc::new(watch), running: OnceLock::new() }
    }

    fn join(&self, ar_content_id: i64) -> Follower {
        let follower = self.watch.orders().join(ar_content_id);
        self.running.get_or_init(|| {
            let hearing = tokio::spawn(Arc::clone(&self.watch).listen());
            let reading = tokio::spawn(Arc::clone(&self.watch).run());
            [AbortOnDropHandle::new(hearing), AbortOnDropHandle::new(reading)]
        });
        self.watch.wake.notify_one();
        follower
    }
}

impl Orders {
    fn join(&mut self, ar_content_id: i64) -> Follower {
        let unread = || Watched { told: watch::Sender::new(None), due: DateTime::<Utc>::MIN_UTC, places: None };
        let watched = self.watched.entry(ar_content_id).or_insert_with(unread);
        watched.due = DateTime::<Utc>::MIN_UTC;
        Follower { told: watched.told.subscribe(), after: self.rounds, last: None }
    }

    /// Begins a round: the orders that are due by now. Those that nobody follows any more are forgotten.
    fn due(&mut self, now: DateTime<Utc>) -> (u64, Vec<i64>) {
        self.watched.retain(|_, watched| watched.told.receiver_count() > 0);
        self.rounds += 1;
        let due = self.watched.iter_mut().filter(|(_, watched)| watched.due <= now);
        let due = due.map(|(id, watched)| {
            // News that come while it is read make it due again.
            watched.due = now + LOOK_EVERY;
            *id
        });
        (self.rounds, due.collect())
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.watched.values().map(|watched| watched.due).min()
    }

    fn tell(&mut self, ar_content_id: i64, standing: Standing, places: Option<(i64, i64)>) {
        if let Some(watched) = self.watched.get_mut(&ar_content_id) {
            watched.due = standing.decision.valid_until.map_or(watched.due, |until| watched.due.min(until));
            watched.places = places;
            watched.told.send_replace(Some(standing));
        }
    }

    fn hear(&mut self, concern: Concern) {
        for (id, watched) in &mut self.watched {
            if concern.is_about(*id, watched.places) {
                watched.due = DateTime::<Utc>::MIN_UTC;
            }
        }
    }
}

impl Watch {
    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears of writes, on a connection that is opened again whenever it breaks.
    async fn listen(self: Arc<Self>) {
        loop {
            match Listener::start(&self.db, CHANNEL).await {
                Ok(mut listener) => {
                    self.metrics.listens(CHANNEL, true);
                    // Whatever happened while nobody listened.
                    self.hear(Concern::Unknown);
                    while let Ok(news) = listener.next().await {
                        self.hear(Concern::read(&news));
                    }
                }
                Err(error) => tracing::warn!(%error, "writes that concern playback cannot be heard of"),
            }
            self.metrics.listens(CHANNEL, false);
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn hear(&self, concern: Concern) {
        self.orders().hear(concern);
        self.wake.notify_one();
    }

    /// Reads what is due, as long as the process lives.
    async fn run(self: Arc<Self>) {
        self.metrics.started(Job::WatchPlayback, self.clock.now());
        loop {
            let (round, due) = self.orders().due(self.clock.now());
            let read = self.read(round, &due).await;
            self.metrics.ran(Job::WatchPlayback, read.is_ok(), self.clock.now());
            if let Err(error) = read {
                tracing::warn!(?error, "what plays could not be read; it is tried again");
                self.orders().hear(Concern::Unknown);
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let next = self.orders().next_due();
            let time_passes = async {
                match next {
                    Some(instant) => self.clock.reach(instant).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.wake.notified() => {}
                () = time_passes => {}
            }
        }
    }

    async fn read(&self, round: u64, due: &[i64]) -> Result<()> {
        let session = self.db.session(Scope::Everything);
        for ids in due.chunks(AT_ONCE) {
            let at = self.clock.now();
            let rows = PlaybackRows::by_ids(&session, ids, at).await?;
            let mut orders = self.orders();
            for id in ids {
                let rows = rows.iter().find(|rows| rows.content.id == *id);
                let decision = rows.map(|rows| active_video(&Content::of_rows(rows), at));
                let decision = decision.unwrap_or(Decision::unavailable(Reason::NotFound));
                let places = rows.map(|rows| (rows.content.project_id, rows.content.company_id));
                orders.tell(*id, Standing { at, decision, round }, places);
            }
        }
        Ok(())
    }
}
