//! The log of views as it happens: each process reads new events once (`live.rs`) and tells all who follow.
//!
//! The order of positions is the order of commits, so whoever has read up to a position misses nothing by reading on
//! from there. A follower reads the past by itself and then joins; whenever what is told live does not continue where it
//! stands, because it was slow or the database was away, it reads the missing part by itself again.

use std::collections::VecDeque;
use std::sync::Arc;

use arvlite_db::models::{ArContent, Company, Project, ViewEvent, ViewLogScope};
use arvlite_db::{Entity, Scope, Session};
use chrono::{DateTime, Utc};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::broadcast;

use super::cursor::Cursor;
use super::live::{LivePage, PAGE, PAUSE};
use super::places::Place;
use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::clock::Clock;
use crate::domain::{Error, Result};

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

impl LogItem {
    /// Where it stands in the log.
    #[must_use]
    pub fn position(&self) -> i64 {
        match self {
            Self::Event(event) => event.position,
            Self::CaughtUp { position, .. } => *position,
        }
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
    let place = app.views.log.enter(position);
    let follower = Follower { session, of, clock, live, place, behind, announced, ready };
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
    place: Place,
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
                    Ok(page) if page.after <= self.place.get() => self.take(&page),
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
            self.patiently(|follower| ViewEvent::after(&follower.session, follower.of, follower.place.get(), PAGE));
        let events = events.await?;
        let is_last = i64::try_from(events.len()).is_ok_and(|count| count < PAGE);
        let mut position = events.last().map_or(self.place.get(), |last| last.position);
        self.ready.extend(events.into_iter().map(|event| LogItem::Event(Arc::new(event))));
        if is_last || position >= until {
            position = position.max(until);
            self.behind = None;
            if !self.announced {
                self.announced = true;
                self.ready.push_back(LogItem::CaughtUp { position, as_of });
            }
        }
        self.place.set(position);
        Ok(())
    }

    fn take(&mut self, page: &LivePage) {
        let position = self.place.get();
        let new = page.events.iter().filter(|event| event.position > position && self.of.holds(event));
        self.ready.extend(new.cloned().map(LogItem::Event));
        self.place.set(position.max(page.through));
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
