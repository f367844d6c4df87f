//! The events of late that a group keeps for its members: only new ones, few and short-lived, so that a member that
//! stands still costs nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::domain::view::Cursor;

const MOST_EVENTS: usize = 4_096;
const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Of all groups of the process together. Beyond that each keeps only its newest.
const MOST_BYTES_OF_ALL: usize = 64 * 1024 * 1024;
const KEPT_FOR: Duration = Duration::from_secs(10);

/// One answer, written once for all.
#[derive(Debug)]
pub(in crate::http) struct SharedEvent {
    /// Where it stands in the log.
    pub(in crate::http) cursor: Cursor,
    /// The answer.
    pub(in crate::http) json: String,
    /// The answer as an event stream has it.
    pub(in crate::http) as_event: OnceLock<Bytes>,
    /// What it cost.
    pub(in crate::http) cost: u64,
    /// The code of what went wrong first.
    pub(in crate::http) code: Option<&'static str>,
}

/// What a group has told of late. Told by one, read by many.
pub(super) struct Recent {
    kept: Mutex<Kept>,
    /// What is kept by all groups together.
    bytes_of_all: Arc<AtomicUsize>,
    /// Has changed whenever members are to look for something new, and is closed when nothing more will come.
    news: watch::Sender<()>,
}

#[derive(Default)]
struct Kept {
    events: VecDeque<(Instant, Arc<SharedEvent>)>,
    bytes: usize,
    /// How many there were before those.
    forgotten: u64,
    /// Up to here everything was told, or is told to nobody of the group.
    through: Option<Cursor>,
    is_over: bool,
}

/// Where one member stands in what its group tells.
pub(super) struct Reader {
    recent: Arc<Recent>,
    news: watch::Receiver<()>,
    next: u64,
}

/// What comes next.
pub(super) enum Next {
    Event(Arc<SharedEvent>),
    /// What comes next is forgotten already.
    Missed,
    /// Nothing more comes; up to here everything was told.
    Over(Option<Cursor>),
}

impl Recent {
    pub(super) fn new(bytes_of_all: &Arc<AtomicUsize>) -> Arc<Self> {
        let bytes_of_all = Arc::clone(bytes_of_all);
        Arc::new(Self { kept: Mutex::default(), bytes_of_all, news: watch::Sender::new(()) })
    }

    pub(super) fn is_over(&self) -> bool {
        self.kept().is_over
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

    /// Reads what is told from now on.
    pub(super) fn read(self: &Arc<Self>) -> Reader {
        let news = self.news.subscribe();
        let kept = self.kept();
        let next = kept.forgotten + kept.events.len() as u64;
        drop(kept);
        Reader { recent: Arc::clone(self), news, next }
    }

    fn at(&self, place: u64) -> Option<Next> {
        let kept = self.kept();
        let Some(index) = place.checked_sub(kept.forgotten) else { return Some(Next::Missed) };
        match usize::try_from(index).ok().and_then(|index| kept.events.get(index)) {
            Some((_, event)) => Some(Next::Event(Arc::clone(event))),
            None => kept.is_over.then_some(Next::Over(kept.through)),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
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
                self.forgotten += 1;
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
    /// What comes next, as soon as it does. Nothing is lost when it is no longer waited for.
    pub(super) async fn next(&mut self) -> Next {
        loop {
            if let Some(next) = self.recent.at(self.next) {
                self.next += u64::from(matches!(next, Next::Event(_)));
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
    use futures_util::FutureExt;

    use super::*;

    fn event(position: i64, bytes: usize) -> SharedEvent {
        let json = "x".repeat(bytes);
        SharedEvent { cursor: Cursor(position), json, as_event: OnceLock::new(), cost: 1, code: None }
    }

    fn position(next: &Next) -> i64 {
        match next {
            Next::Event(event) => event.cursor.0,
            Next::Missed => -1,
            Next::Over(_) => -2,
        }
    }

    #[tokio::test]
    async fn each_reads_what_is_told_since_it_came_and_then_waits() {
        let recent = Recent::new(&Arc::default());
        let mut early = recent.read();
        recent.tell(event(1, 1));
        let mut late = recent.read();
        recent.tell(event(2, 1));
        assert_eq!([position(&early.next().await), position(&early.next().await)], [1, 2]);
        assert_eq!(position(&late.next().await), 2);
        assert!(late.next().now_or_never().is_none());
        recent.end(Some(Cursor(7)));
        assert!(matches!(late.next().await, Next::Over(Some(Cursor(7)))));
        assert!(matches!(early.next().await, Next::Over(Some(Cursor(7)))));
    }

    #[tokio::test]
    async fn what_is_too_much_or_too_old_is_forgotten_and_whoever_waits_for_it_is_told() {
        let recent = Recent::new(&Arc::default());
        let mut slow = recent.read();
        recent.tell(event(1, MOST_BYTES));
        recent.tell(event(2, 1));
        assert!(matches!(slow.next().await, Next::Missed));
        let mut slow = recent.read();
        for number in 0..=MOST_EVENTS {
            recent.tell(event(i64::try_from(number).unwrap(), 1));
        }
        assert!(matches!(slow.next().await, Next::Missed));
        let mut slow = recent.read();
        recent.tell_at(event(9_000, 1), Instant::now() + KEPT_FOR * 2);
        assert_eq!(recent.kept().events.len(), 1, "all others are old");
        assert_eq!(position(&slow.next().await), 9_000);
    }

    #[tokio::test]
    async fn all_groups_together_keep_only_so_much() {
        let all = Arc::default();
        let groups: Vec<Arc<Recent>> = (0..20).map(|_| Recent::new(&all)).collect();
        let mut slow = groups[0].read();
        for recent in &groups {
            recent.tell(event(1, MOST_BYTES - 1));
        }
        assert!(all.load(Ordering::Relaxed) > MOST_BYTES_OF_ALL);
        groups[0].tell(event(2, 1));
        assert!(matches!(slow.next().await, Next::Missed));
        drop((slow, groups));
        assert_eq!(all.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_group_that_is_gone_tells_nothing_more() {
        let recent = Recent::new(&Arc::default());
        let mut reader = recent.read();
        recent.end(None);
        assert!(matches!(reader.next().await, Next::Over(None)));
    }
}
