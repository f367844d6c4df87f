//! Windows: which of them plays when, decided once for all instants.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, TimeDelta, Utc};

use super::eligibility::{Eligibility, FOREVER};
use super::prepared::{Choice, Said};
use super::{Rule, RuleId, Window};

/// Times that do not overlap, in order, each of one window that wins in all of it.
pub(super) struct WindowLayer(Vec<Span>);

struct Span {
    start: DateTime<Utc>,
    until: DateTime<Utc>,
    video: i64,
    id: RuleId,
}

/// The greatest wins: highest priority, then narrowest as it was planned, then newest.
pub(super) type Precedence = (i32, Reverse<TimeDelta>, DateTime<Utc>, RuleId);

impl Window {
    pub(super) fn precedence(&self) -> Precedence {
        (self.priority, Reverse(self.end - self.start), self.created_at, self.id)
    }

    /// When it stops to play: outside the time in which its video is eligible, a window is as if absent.
    pub(super) fn effective_end(&self, videos: &Eligibility) -> DateTime<Utc> {
        self.end.min(videos.of_video(self.video_id).until)
    }
}

impl WindowLayer {
    /// Goes through the starts in order and keeps the open windows in a heap, the winner on top.
    pub fn of(windows: &[Window], videos: &Eligibility) -> Self {
        let until = |window: &Window| window.effective_end(videos);
        let mut coming: Vec<&Window> =
            windows.iter().filter(|window| window.active && window.start < until(window)).collect();
        coming.sort_unstable_by_key(|window| window.start);
        let mut coming = coming.into_iter().peekable();
        let mut open: BinaryHeap<(Precedence, DateTime<Utc>, i64)> = BinaryHeap::new();
        let mut spans: Vec<Span> = Vec::new();
        let mut now = DateTime::<Utc>::MIN_UTC;
        loop {
            while open.peek().is_some_and(|(_, until, _)| *until <= now) {
                open.pop();
            }
            if open.is_empty() {
                let Some(next) = coming.peek() else { break };
                now = next.start;
            }
            while let Some(window) = coming.next_if(|window| window.start <= now) {
                open.push((window.precedence(), until(window), window.video_id));
            }
            let Some(&((.., id), until, video)) = open.peek() else { break };
            let change = coming.peek().map_or(until, |next| next.start.min(until));
            match spans.last_mut() {
                Some(last) if last.id == id && last.until == now => last.until = change,
                _ => spans.push(Span { start: now, until: change, video, id }),
            }
            now = change;
        }
        Self(spans)
    }

    pub fn at(&self, at: DateTime<Utc>) -> Said {
        match self.0.get(self.0.partition_point(|span| span.until <= at)) {
            None => Said::nothing_until(FOREVER),
            Some(span) if at < span.start => Said::nothing_until(span.start),
            Some(&Span { until, video, id, .. }) => {
                let rule = Some(Rule::Window(id));
                Said::plays(Choice { video, source: PlaybackSource::Schedule, rule }, until)
            }
        }
    }
}
