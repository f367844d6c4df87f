//! The process' own reader of the log: whatever the number of followers, new events are read once and told to all.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arvlite_db::models::{ViewEvent, ViewLogScope};
use arvlite_db::{Db, Listener, Scope, Session};
use chrono::TimeDelta;
use tokio::sync::{Notify, broadcast};
use tokio_util::task::AbortOnDropHandle;

use super::places::{Place, Places};
use crate::clock::Clock;
use crate::domain::Result;
use crate::monitoring::{Job, Metrics};

/// Events read at once.
pub(super) const PAGE: i64 = 256;

/// Pages that a follower may lag behind before it has to read for itself.
const LIVE_PAGES: usize = 64;

/// NOTIFY only wakes: without it, new events are noticed within this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Within this time nothing is dropped that was new at its beginning: who read later than that may have missed something.
const NOTHING_IS_DROPPED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// How long to wait before an unreachable database is tried again.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// How the followers of this process stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// How many they are.
    pub followers: usize,
    /// The position up to which the log was read for them.
    pub position: i64,
    /// How many positions the slowest of them is behind that.
    pub lag: i64,
}

/// All events after one position, up to another.
#[derive(Clone)]
pub(super) struct LivePage {
    pub(super) after: i64,
    pub(super) through: i64,
    pub(super) events: Arc<[Arc<ViewEvent>]>,
}

/// The process' own reader of the log.
pub struct ViewLog {
    reader: Reader,
    live: broadcast::Sender<LivePage>,
    places: Arc<Places>,
    running: OnceLock<[AbortOnDropHandle<()>; 2]>,
}

impl ViewLog {
    pub(super) fn new(db: Db, clock: Clock, metrics: Arc<Metrics>) -> Self {
        let reader = Reader { db, clock, metrics, read: Arc::default() };
        Self { reader, live: broadcast::channel(LIVE_PAGES).0, places: Arc::default(), running: OnceLock::new() }
    }

    /// How its followers stand. It asks the database nothing.
    #[must_use]
    pub fn state(&self) -> LogState {
        let (followers, slowest) = self.places.count_and_slowest();
        let position = self.reader.read.load(Ordering::Relaxed);
        let lag = slowest.map_or(0, |slowest| position.saturating_sub(slowest).max(0));
        LogState { followers, position, lag }
    }

    pub(super) fn join(&self) -> broadcast::Receiver<LivePage> {
        let receiver = self.live.subscribe();
        self.running.get_or_init(|| {
            let wake = Arc::new(Notify::new());
            let listening = tokio::spawn(self.reader.clone().listen(Arc::clone(&wake)));
            let reading = tokio::spawn(self.reader.clone().run(self.live.clone(), wake));
            [AbortOnDropHandle::new(listening), AbortOnDropHandle::new(reading)]
        });
        receiver
    }

    /// Where a follower stands from now on.
    pub(super) fn enter(&self, position: i64) -> Place {
        self.places.enter(position)
    }
}

/// Reads for all followers of the process.
#[derive(Clone)]
struct Reader {
    db: Db,
    clock: Clock,
    metrics: Arc<Metrics>,
    /// The position up to which it has read.
    read: Arc<AtomicI64>,
}

impl Reader {
    /// Turns notifications into wake-ups, on a connection that is opened again whenever it breaks.
    async fn listen(self, wake: Arc<Notify>) {
        loop {
            match Listener::start(&self.db, ViewEvent::CHANNEL).await {
                Ok(mut listener) => {
                    self.metrics.listens(ViewEvent::CHANNEL, true);
                    // Whatever happened while nobody listened.
                    wake.notify_one();
                    while listener.next().await.is_ok() {
                        wake.notify_one();
                    }
                }
                Err(error) => tracing::warn!(%error, "the log cannot be listened to; it is read every second"),
            }
            self.metrics.listens(ViewEvent::CHANNEL, false);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Reads what is new and tells it, as long as anybody follows.
    async fn run(self, live: broadcast::Sender<LivePage>, wake: Arc<Notify>) {
        let session = self.db.session(Scope::Everything);
        let (mut position, mut read_at) = (None, self.clock.now());
        self.metrics.started(Job::ReadViewLog, self.clock.now());
        loop {
            let now = self.clock.now();
            if live.receiver_count() == 0 || now - read_at > NOTHING_IS_DROPPED_WITHIN {
                position = None;
            }
            let read = match live.receiver_count() {
                0 => Ok(()),
                _ => self.read_on(&session, &live, &mut position).await,
            };
            self.metrics.ran(Job::ReadViewLog, read.is_ok(), self.clock.now());
            match read {
                Ok(()) => read_at = now,
                Err(error) => {
                    tracing::warn!(?error, "the log of views could not be read; it is tried again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            let _ = tokio::time::timeout(LOOK_EVERY, wake.notified()).await;
        }
    }

    async fn read_on(
        &self,
        session: &Session,
        live: &broadcast::Sender<LivePage>,
        position: &mut Option<i64>,
    ) -> Result<()> {
        let mut after = match *position {
            Some(position) => position,
            None => {
                let newest = ViewEvent::newest_position(session).await?;
                // Who joined before this reader began may have missed something: an empty page shows them.
                self.tell(live, LivePage { after: newest, through: newest, events: Arc::default() });
                *position = Some(newest);
                newest
            }
        };
        loop {
            let events = ViewEvent::after(session, ViewLogScope::Everything, after, PAGE).await?;
            let Some(last) = events.last() else { return Ok(()) };
            let through = last.position;
            self.tell(live, LivePage { after, through, events: events.into_iter().map(Arc::new).collect() });
            after = through;
            *position = Some(through);
        }
    }

    fn tell(&self, live: &broadcast::Sender<LivePage>, page: LivePage) {
        self.read.store(page.through, Ordering::Relaxed);
        // Nobody there any more is no failure.
        let _ = live.send(page);
    }
}
