//! The log of views as it happens: each process reads new events once and tells all who follow.
//!
//! The order of positions is the order of commits, so whoever has read up to a position misses nothing by reading on
//! from there. A follower reads the past by itself and then joins; whenever what is told live does not continue where it
//! stands, because it was slow or the database was away, it reads the missing part by itself again.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arvlite_db::models::{ArContent, Company, Project, ViewEvent, ViewLogScope};
use arvlite_db::{Db, Entity, Listener, Scope, Session};
use chrono::{DateTime, Utc};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{Notify, broadcast};
use tokio_util::task::AbortOnDropHandle;

use super::cursor::Cursor;
use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::clock::Clock;
use crate::domain::{Error, Result};

/// Events read at once.
const PAGE: i64 = 256;

/// Pages that a follower may lag behind before it has to read for itself.
const LIVE_PAGES: usize = 64;

/// NOTIFY only wakes: without it, new events are noticed within this time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to wait before an unreachable database is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// What a follower is told.
#[derive(Debug, Clone)]
pub enum LogItem {
    /// Something happened to a view.
    Event(Arc<ViewEvent>),
    /// Everything recorded up to this position has been told; what follows is live.
    CaughtUp {
        /// The position.
        position: i64,
        /// When that was.
        as_of: DateTime<Utc>,
    },
}

/// All events after one position, up to another.
#[derive(Clone)]
struct LivePage {
    after: i64,
    through: i64,
    events: Arc<[Arc<ViewEvent>]>,
}

/// The process' own reader of the log.
pub struct ViewLog {
    db: Db,
    live: broadcast::Sender<LivePage>,
    running: OnceLock<[AbortOnDropHandle<()>; 2]>,
}

impl ViewLog {
    pub(super) fn new(db: Db) -> Self {
        Self { db, live: broadcast::channel(LIVE_PAGES).0, running: OnceLock::new() }
    }

    fn join(&self) -> broadcast::Receiver<LivePage> {
        let receiver = self.live.subscribe();
        self.running.get_or_init(|| {
            let wake = Arc::new(Notify::new());
            let listening = tokio::spawn(listen(self.db.clone(), Arc::clone(&wake)));
            let reading = tokio::spawn(read(self.db.session(Scope::Everything), self.live.clone(), wake));
            [AbortOnDropHandle::new(listening), AbortOnDropHandle::new(reading)]
        });
        receiver
    }
}

/// Turns notifications into wake-ups, on a connection that is opened again whenever it breaks.
async fn listen(db: Db, wake: Arc<Notify>) {
    loop {
        match Listener::start(&db, ViewEvent::CHANNEL).await {
            Ok(mut listener) => {
                // Whatever happened while nobody listened.
                wake.notify_one();
                while listener.next().await.is_ok() {
                    wake.notify_one();
                }
            }
            Err(error) => tracing::warn!(%error, "the log cannot be listened to; it is read every second"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Reads what is new and tells it, as long as anybody follows.
async fn read(session: Session, live: broadcast::Sender<LivePage>, wake: Arc<Notify>) {
    let mut position = None;
    loop {
        if live.receiver_count() == 0 {
            position = None;
        } else if let Err(error) = read_on(&session, &live, &mut position).await {
            tracing::warn!(?error, "the log of views could not be read; it is tried again");
            tokio::time::sleep(PAUSE).await;
        }
        let _ = tokio::time::timeout(LOOK_EVERY, wake.notified()).await;
    }
}

async fn read_on(session: &Session, live: &broadcast::Sender<LivePage>, position: &mut Option<i64>) -> Result<()> {
    let mut after = match *position {
        Some(position) => position,
        None => {
            let newest = ViewEvent::newest_position(session).await?;
            *position = Some(newest);
            // Who joined before this reader began may have missed something: an empty page shows them.
            let _ = live.send(LivePage { after: newest, through: newest, events: Arc::default() });
            newest
        }
    };
    loop {
        let events = ViewEvent::after(session, ViewLogScope::Everything, after, PAGE).await?;
        let Some(last) = events.last() else { return Ok(()) };
        let page = LivePage { after, through: last.position, events: events.into_iter().map(Arc::new).collect() };
        after = page.through;
        *position = Some(after);
        // Nobody there any more is no failure.
        let _ = live.send(page);
    }
}

/// What somebody may follow: the company, project or order, if it is theirs to see.
///
/// # Errors
/// When it does not exist or is not theirs, which is the same.
pub async fn resolve(app: &App, viewer: &Viewer, of: ViewLogScope) -> Result<Session> {
    let session = app.db.session(viewer.scope(Permission::ReadAnalytics));
    let exists = match of {
        ViewLogScope::Everything => *session.scope() == Scope::Everything,
        ViewLogScope::Company(id) => !Company::by_ids(&session, &[id]).await?.is_empty(),
        ViewLogScope::Project(id) => !Project::by_ids(&session, &[id]).await?.is_empty(),
        ViewLogScope::ArContent(id) => !ArContent::by_ids(&session, &[id]).await?.is_empty(),
    };
    if exists { Ok(session) } else { Err(Error::NotFound) }
}

/// A page of the log after a cursor, or from its start, oldest first; and whether there is more.
///
/// # Errors
/// When there is nothing that the viewer may read, or the cursor is none of this log.
pub async fn page(
    app: &App,
    viewer: &Viewer,
    of: ViewLogScope,
    after: Option<Cursor>,
    limit: i64,
) -> Result<(Vec<ViewEvent>, bool)> {
    let session = resolve(app, viewer, of).await?;
    let Cursor(position) = after.unwrap_or(Cursor(0));
    if position > 0 && position > ViewEvent::newest_position(&session).await? {
        return Err(Error::InvalidCursor);
    }
    let mut events = ViewEvent::after(&session, of, position, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = events.len() > wanted;
    events.truncate(wanted);
    Ok((events, more))
}

/// Follows the log: from after a cursor, or from now.
///
/// With a cursor all that was recorded after it comes first, then [`LogItem::CaughtUp`] once, then what happens. Without
/// one, it comes at once. Nothing is left out and nothing comes twice. The stream ends with the process, or after an
/// error that would come again.
///
/// # Errors
/// When there is nothing that the viewer may follow, or the cursor is none of this log.
pub async fn follow(
    app: &App,
    viewer: &Viewer,
    of: ViewLogScope,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<LogItem>> + Send + use<>> {
    let session = resolve(app, viewer, of).await?;
    // Joined before the newest position is read: what is committed in between is told live.
    let (live, as_of) = (app.views.log.join(), app.clock.now());
    let newest = ViewEvent::newest_position(&session).await?;
    let (position, behind, ready) = match after {
        Some(Cursor(position)) if position > newest => return Err(Error::InvalidCursor),
        Some(Cursor(position)) => (position, Some(newest), VecDeque::new()),
        None => (newest, None, VecDeque::from([LogItem::CaughtUp { position: newest, as_of }])),
    };
    let (clock, announced) = (app.clock.clone(), after.is_none());
    let follower = Follower { session, of, clock, live, position, behind, announced, ready };
    Ok(unfold(Some(follower), |follower| async {
        let mut follower = follower?;
        match follower.next().await {
            Ok(Some(item)) => Some((Ok(item), Some(follower))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    }))
}

struct Follower {
    session: Session,
    of: ViewLogScope,
    clock: Clock,
    live: broadcast::Receiver<LivePage>,
    /// Everything up to here was told or is ready to be.
    position: i64,
    /// Up to where it has to read for itself before it goes on with what is told live.
    behind: Option<i64>,
    announced: bool,
    ready: VecDeque<LogItem>,
}

impl Follower {
    async fn next(&mut self) -> Result<Option<LogItem>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            match self.behind {
                Some(until) => self.catch_up(until).await?,
                None => match self.live.recv().await {
                    Ok(page) if page.after <= self.position => self.take(&page),
                    Ok(page) => self.behind = Some(page.through),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.behind = Some(self.newest().await?),
                    Err(broadcast::error::RecvError::Closed) => return Ok(None),
                },
            }
        }
    }

    /// Reads a page of what it missed. What was committed up to `until` is all visible by now, so after the last page
    /// it stands there at least.
    async fn catch_up(&mut self, until: i64) -> Result<()> {
        let as_of = self.clock.now();
        let events =
            self.patiently(|follower| ViewEvent::after(&follower.session, follower.of, follower.position, PAGE));
        let events = events.await?;
        let is_last = i64::try_from(events.len()).is_ok_and(|count| count < PAGE);
        self.position = events.last().map_or(self.position, |last| last.position);
        self.ready.extend(events.into_iter().map(|event| LogItem::Event(Arc::new(event))));
        if is_last || self.position >= until {
            self.position = self.position.max(until);
            self.behind = None;
            if !self.announced {
                self.announced = true;
                self.ready.push_back(LogItem::CaughtUp { position: self.position, as_of });
            }
        }
        Ok(())
    }

    fn take(&mut self, page: &LivePage) {
        let new = page.events.iter().filter(|event| event.position > self.position && self.of.holds(event));
        self.ready.extend(new.cloned().map(LogItem::Event));
        self.position = self.position.max(page.through);
    }

    async fn newest(&self) -> Result<i64> {
        self.patiently(|follower| ViewEvent::newest_position(&follower.session)).await
    }

    /// Asks the database again until it answers: that it is away for a while ends nobody's stream.
    async fn patiently<'a, T, F>(&'a self, ask: impl Fn(&'a Self) -> F) -> Result<T>
    where
        F: Future<Output = arvlite_db::Result<T>>,
    {
        loop {
            match ask(self).await {
                Err(arvlite_db::DbError::Failed(error)) => return Err(arvlite_db::DbError::Failed(error).into()),
                Err(error) => tracing::debug!(?error, "a follower waits for the database"),
                Ok(answer) => return Ok(answer),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
