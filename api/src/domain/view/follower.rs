//! One follower of the log, from where it begins to where it is live.

use std::collections::VecDeque;
use std::sync::Arc;

use arvlite_db::Session;
use arvlite_db::models::{ViewEvent, ViewLogScope};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::broadcast;

use super::cursor::Cursor;
use super::live::{LivePage, PAGE, PAUSE};
use super::log::{GapReason, LogItem, Stretch};
use super::places::Place;
use crate::app::App;
use crate::clock::Clock;
use crate::domain::{Error, Result};

pub(super) struct Follower {
    session: Session,
    of: ViewLogScope,
    clock: Clock,
    live: broadcast::Receiver<LivePage>,
    /// Everything up to here was told or is ready to be.
    place: Place,
    /// Up to where it has to read for itself before it goes on with what is told live.
    behind: Option<i64>,
    /// Whether it was said that the past is told.
    announced: bool,
    /// Whether it was live at any time: then it may be only so many events behind.
    was_live: bool,
    most_behind: i64,
    only_the_past: bool,
    /// Where its past ends; later where nothing comes before that.
    end: i64,
    ready: VecDeque<LogItem>,
}

impl Follower {
    pub(super) async fn begin(app: &App, session: Session, of: ViewLogScope, stretch: Stretch) -> Result<Self> {
        // Joined before the newest position is read: what is committed in between is told live.
        let (live, as_of) = (app.views.log.join(), app.clock.now());
        let newest = ViewEvent::newest_position(&session).await?;
        let end = stretch.until.map_or(i64::MAX, |Cursor(end)| end);
        let (position, behind, ready) = match stretch.after {
            Some(Cursor(position)) if position > newest => return Err(Error::InvalidCursor),
            Some(Cursor(position)) => (position, Some(newest.min(end)), VecDeque::new()),
            None => (newest, None, VecDeque::from([LogItem::CaughtUp { position: newest, as_of }])),
        };
        Ok(Self {
            session,
            of,
            clock: app.clock.clone(),
            live,
            place: app.views.log.enter(position),
            behind,
            announced: behind.is_none(),
            was_live: stretch.was_live || behind.is_none(),
            most_behind: app.config.limits.stream_backlog_events,
            only_the_past: stretch.only_the_past,
            end,
            ready,
        })
    }

    pub(super) fn into_stream(self) -> impl Stream<Item = Result<LogItem>> + Send {
        unfold(Some(self), |follower| async {
            let mut follower = follower?;
            match follower.next().await {
                Ok(Some(item)) => Some((Ok(item), Some(follower))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    async fn next(&mut self) -> Result<Option<LogItem>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            match self.behind {
                Some(until) => self.catch_up(until).await?,
                None if self.only_the_past => return Ok(None),
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
        let (as_of, after) = (self.clock.now(), self.place.get());
        if self.is_too_slow(after, until).await? {
            self.skip(until, GapReason::SlowConsumer);
        } else {
            let events = self.patiently(|of| ViewEvent::after(&of.session, of.of, after, PAGE)).await?;
            // Read after them, so that none of them can be missing unseen.
            let dropped = self.patiently(|of| ViewEvent::dropped_through(&of.session)).await?;
            if dropped > after {
                self.skip(dropped, GapReason::Retention);
            }
            let is_whole = i64::try_from(events.len()).is_ok_and(|count| count < PAGE);
            if events.first().is_none_or(|event| event.position > self.end) {
                // There is nothing up to its end: most positions are those of other studios.
                let last = events.last().filter(|_| !is_whole);
                self.end = last.map_or(i64::MAX, |event| event.position);
            }
            let is_last = is_whole || events.last().is_some_and(|event| event.position >= self.end);
            let here = dropped + 1..=self.end;
            for event in events.into_iter().filter(|event| here.contains(&event.position)) {
                self.place.set(event.position);
                self.ready.push_back(LogItem::Event(Arc::new(event)));
            }
            if is_last {
                self.place.set(self.place.get().max(until));
            }
        }
        if self.place.get() >= until {
            if self.place.get() >= self.end {
                self.behind = None;
                return Ok(());
            }
            // Much may have come while the past was told, and it is past too.
            if !self.announced {
                let newest = self.newest().await?;
                if newest.saturating_sub(until) > PAGE {
                    self.behind = Some(newest.min(self.end));
                    return Ok(());
                }
            }
            (self.behind, self.was_live) = (None, true);
            if !self.announced {
                self.announced = true;
                self.ready.push_back(LogItem::CaughtUp { position: self.place.get(), as_of });
            }
        }
        Ok(())
    }

    /// Whether it fell so far behind that reading all of it would never end. Positions are more than its events, so that
    /// those are seldom counted.
    async fn is_too_slow(&self, after: i64, until: i64) -> Result<bool> {
        let most = self.most_behind;
        if !self.was_live || until.saturating_sub(after) <= most {
            return Ok(false);
        }
        self.patiently(|of| ViewEvent::has_more_after(&of.session, of.of, after, most)).await
    }

    /// Goes on further ahead, and says so.
    fn skip(&mut self, position: i64, reason: GapReason) {
        self.ready.push_back(LogItem::Gap { from: Some(self.place.get()), position, reason });
        self.place.set(position);
    }

    fn take(&mut self, page: &LivePage) {
        let position = self.place.get();
        let new = page.events.iter().filter(|event| event.position > position && self.of.holds(event));
        self.ready.extend(new.cloned().map(LogItem::Event));
        self.place.set(position.max(page.through));
    }

    async fn newest(&self) -> Result<i64> {
        self.patiently(|of| ViewEvent::newest_position(&of.session)).await
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
