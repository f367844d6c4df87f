//! The events of late that a group keeps for its members: only new ones, few and short-lived, so that a member that
//! stands still costs nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::event::SharedEvent;
use crate::domain::view::Cursor;

const MOST_EVENTS: usize = 4_096;
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Of all groups of the process together. Beyond that each keeps only its newest.
const MOST_BYTES_OF_ALL: usize = 64 * 1024 * 1024;
pub(super) const KEPT_FOR: Duration = Duration::from_secs(10);

/// What a group has told of late. Told by one, read by many.
pub(super) struct Recent {
    kept: Mutex<Kept>,
    /// What is kept by all groups together.
    bytes_of_all: Arc<AtomicUsize>,
    /// Has changed whenever members are to look for something new.
    news: watch::Sender<()>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<(Instant, Arc<SharedEvent>)>,
    bytes: usize,
    /// All that was told after this is kept. None before anything is told.
    since: Option<Cursor>,
    /// Up to here everything was told, or is told to nobody of the group.
    through: Option<Cursor>,
    is_over: bool,
}

/// One who is told what a group tells.
pub(super) struct Reader {
    recent: Arc<Recent>,
    news: watch::Receiver<()>,
}

/// What comes next after a position.
pub(super) enum Next {
    Event(Arc<SharedEvent>),
    /// What comes next is not kept.
    Missed,
    /// Nothing more comes; up to here everything was told.
    Over(Option<Cursor>),
}

impl Recent {
    pub(super) fn new(bytes_of_all: &Arc<AtomicUsize>) -> Arc<Self> {
        let bytes_of_all = Arc::clone(bytes_of_all);
        Arc::new(Self { kept: Mutex::default(), bytes_of_all, news: watch::Sender::new(()) })
    }

    /// After where all that was told is kept, if it has begun; and whether nothing more comes.
    pub(super) fn state(&self) -> (Option<Cursor>, bool) {
        let kept = self.kept();
        (kept.since, kept.is_over)
    }

    /// Keeps nothing any more.
    pub(super) fn forget(&self) {
        let mut kept = self.kept();
        kept.events.clear();
        kept.since = kept.since.max(kept.through);
        self.bytes_of_all.fetch_sub(std::mem::take(&mut kept.bytes), Ordering::Relaxed);
    }

    /// From here on everything is told, unless it has begun already.
    pub(super) fn begin(&self, since: Cursor) {
        let mut kept = self.kept();
        if kept.since.is_none() {
            kept.since = Some(since);
            drop(kept);
            self.wake();
        }
    }

    /// Keeps one more for all members, who look for it when they are woken.
    pub(super) fn tell(&self, event: SharedEvent) {
        self.tell_at(event, Instant::now());
    }

    fn tell_at(&self, event: SharedEvent, now: Instant) {
        let (mut kept, added) = (self.kept(), event.json.len());
        kept.through = Some(event.cursor);
        kept.bytes += added;
        let bytes_of_all = self.bytes_of_all.fetch_add(added, Ordering::Relaxed) + added;
        kept.events.push_back((now, Arc::new(event)));
        let forgotten = kept.forget(now, bytes_of_all > MOST_BYTES_OF_ALL);
        self.bytes_of_all.fetch_sub(forgotten, Ordering::Relaxed);
    }

    pub(super) fn wake(&self) {
        self.news.send_replace(());
    }

    /// Nothing more comes. Without a position nothing is known but what was told.
    pub(super) fn end(&self, through: Option<Cursor>) {
        let mut kept = self.kept();
        kept.is_over = true;
        kept.through = kept.through.max(through);
        drop(kept);
        self.wake();
    }

    /// Reads what is told, as soon as it has begun; none if nothing comes of it.
    pub(super) async fn read(self: &Arc<Self>) -> Option<Reader> {
        let mut news = self.news.subscribe();
        loop {
            let (since, is_over) = self.state();
            if since.is_some() {
                return Some(Reader { recent: Arc::clone(self), news });
            }
            if is_over {
                return None;
            }
            news.changed().await.ok()?;
        }
    }

    fn after(&self, position: Cursor) -> Option<Next> {
        let kept = self.kept();
        if kept.since.is_none_or(|since| position < since) {
            return Some(Next::Missed);
        }
        match kept.after(position) {
            Some(event) => Some(Next::Event(Arc::clone(event))),
            None => kept.is_over.then_some(Next::Over(kept.through)),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// What comes next for somebody who stands there. That the past is told comes after the last of it.
    fn after(&self, position: Cursor) -> Option<&Arc<SharedEvent>> {
        let is_told = |event: &SharedEvent| event.cursor < position || event.cursor == position && !event.is_caught_up;
        self.events.get(self.events.partition_point(|(_, event)| is_told(event))).map(|(_, event)| event)
    }

    /// The newest stays, whatever its size. Gives the bytes of the others.
    fn forget(&mut self, now: Instant, is_all_too_much: bool) -> usize {
        let bytes = self.bytes;
        while self.events.len() > 1 {
            let is_too_much = is_all_too_much || self.events.len() > MOST_EVENTS || self.bytes > MOST_BYTES;
            let is_old = |(told, _): &(Instant, Arc<SharedEvent>)| now.saturating_duration_since(*told) > KEPT_FOR;
            if !is_too_much && !self.events.front().is_some_and(is_old) {
                break;
            }
            if let Some((_, event)) = self.events.pop_front() {
                self.bytes -= event.json.len();
                self.since = Some(event.cursor);
            }
        }
        bytes - self.bytes
    }
}

impl Drop for Recent {
    fn drop(&mut self) {
        self.bytes_of_all.fetch_sub(self.kept().bytes, Ordering::Relaxed);
    }
}

impl Reader {
    /// What comes next after a position, as soon as it does.
    pub(super) async fn next(&mut self, after: Cursor) -> Next {
        loop {
            if let Some(next) = self.recent.after(after) {
                return next;
            }
            if self.news.changed().await.is_err() {
                return Next::Over(None);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use futures_util::FutureExt;

    use super::*;

    fn event(position: i64, bytes: usize) -> SharedEvent {
        let json = "x".repeat(bytes);
        SharedEvent {
            cursor: Cursor(position),
            json,
            is_caught_up: false,
            as_event: OnceLock::new(),
            cost: 1,
            code: None,
        }
    }

    fn position(next: &Next) -> i64 {
        match next {
            Next::Event(event) => event.cursor.0,
            Next::Missed => -1,
            Next::Over(_) => -2,
        }
    }

    /// One that has begun, and who reads it.
    async fn begun(since: i64, bytes_of_all: &Arc<AtomicUsize>) -> (Arc<Recent>, Reader) {
        let recent = Recent::new(bytes_of_all);
        assert!(recent.read().now_or_never().is_none(), "it has not begun");
        recent.begin(Cursor(since));
        let reader = recent.read().await.unwrap();
        (recent, reader)
    }

    #[tokio::test]
    async fn each_reads_what_is_told_after_where_it_stands_and_then_waits() {
        let (recent, mut reader) = begun(0, &Arc::default()).await;
        recent.tell(event(1, 1));
        recent.begin(Cursor(1));
        recent.tell(event(3, 1));
        assert!(!reader.news.has_changed().unwrap(), "nobody is woken for each of them");
        for (stands_at, next) in [(0, 1), (1, 3), (2, 3)] {
            assert_eq!(position(&reader.next(Cursor(stands_at)).await), next);
        }
        assert!(reader.next(Cursor(3)).now_or_never().is_none());
        recent.end(Some(Cursor(7)));
        assert!(matches!(reader.next(Cursor(3)).await, Next::Over(Some(Cursor(7)))));
        assert_eq!(position(&reader.next(Cursor(0)).await), 1);
    }

    #[tokio::test]
    async fn that_the_past_is_told_comes_after_the_last_of_it() {
        let (recent, mut reader) = begun(5, &Arc::default()).await;
        assert!(matches!(reader.next(Cursor(4)).await, Next::Missed), "that is before it began");
        recent.tell(event(6, 1));
        recent.tell(SharedEvent { is_caught_up: true, ..event(6, 1) });
        recent.end(Some(Cursor(6)));
        for (stands_at, is_caught_up) in [(5, false), (6, true)] {
            let Next::Event(event) = reader.next(Cursor(stands_at)).await else { panic!("an event") };
            assert_eq!((event.cursor, event.is_caught_up), (Cursor(6), is_caught_up));
        }
        assert!(matches!(reader.next(Cursor(7)).await, Next::Over(Some(Cursor(6)))), "that was before");
        assert!(recent.read().await.is_some(), "what is kept can still be read");
    }

    #[tokio::test]
    async fn what_is_too_much_or_too_old_is_forgotten_and_whoever_waits_for_it_is_told() {
        let (recent, mut reader) = begun(0, &Arc::default()).await;
        recent.tell(event(1, MOST_BYTES));
        recent.tell(event(2, 1));
        assert_eq!([position(&reader.next(Cursor(0)).await), position(&reader.next(Cursor(1)).await)], [-1, 2]);
        for number in 3..3 + MOST_EVENTS {
            recent.tell(event(i64::try_from(number).unwrap(), 1));
        }
        assert_eq!([position(&reader.next(Cursor(1)).await), position(&reader.next(Cursor(2)).await)], [-1, 3]);
        recent.tell_at(event(9_000, 1), Instant::now() + KEPT_FOR * 2);
        assert_eq!(recent.kept().events.len(), 1, "all others are old");
        assert_eq!(position(&reader.next(Cursor(8_999)).await), 9_000);
    }

    #[tokio::test]
    async fn all_groups_together_keep_only_so_much() {
        let all = Arc::default();
        let (first, mut reader) = begun(0, &all).await;
        let groups: Vec<Arc<Recent>> = (0..20).map(|_| Recent::new(&all)).collect();
        for recent in groups.iter().chain([&first]) {
            recent.tell(event(1, MOST_BYTES - 1));
        }
        assert!(all.load(Ordering::Relaxed) > MOST_BYTES_OF_ALL);
        first.tell(event(2, 1));
        assert_eq!(position(&reader.next(Cursor(0)).await), -1);
        drop((reader, first, groups));
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_group_that_is_gone_tells_nothing_more() {
        let (recent, mut reader) = begun(0, &Arc::default()).await;
        recent.tell(event(1, 1));
        recent.end(None);
        assert_eq!(position(&reader.next(Cursor(0)).await), 1);
        assert!(matches!(reader.next(Cursor(1)).await, Next::Over(Some(Cursor(1)))));
        recent.forget();
        assert_eq!(position(&reader.next(Cursor(0)).await), -1);
        assert!(matches!(reader.next(Cursor(1)).await, Next::Over(Some(Cursor(1)))));
        assert_eq!(recent.bytes_of_all.load(Ordering::Relaxed), 0);
        let nothing = Recent::new(&Arc::default());
        nothing.end(None);
        assert!(nothing.read().await.is_none());
    }
}
