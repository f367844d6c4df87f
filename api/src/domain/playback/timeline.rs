//! What plays from one instant to another, in as few segments as possible.

use std::collections::BTreeSet;

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, Utc};
use thiserror::Error;

use super::eligibility::Eligibility;
use super::{Content, Decision, HORIZON, Prepared, Reason, Rule, RuleId, Window};

/// The answer of [`active_video`](super::active_video) for every instant of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Without gaps; neighbours differ in video, source, rule or reason.
    pub segments: Vec<Segment>,
    /// Overlaps of windows of equal priority. Among saved ones there are none.
    pub conflicts: Vec<Conflict>,
    /// The segments end here instead: there are more than [`MOST_SEGMENTS`], or as many conflicts.
    pub truncated_at: Option<DateTime<Utc>>,
}

/// A time in which the answer stays the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// What plays; none is a dark gap.
    pub video: Option<i64>,
    /// Which kind of rule chose it.
    pub source: PlaybackSource,
    /// The rule that chose it.
    pub rule: Option<Rule>,
    /// Why nothing plays.
    pub reason: Option<Reason>,
}

/// A time in which the same windows of equal priority overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// The windows, oldest first.
    pub windows: Vec<RuleId>,
    /// The one that goes before the others; one whose video may not play does so only if none's may.
    pub winner: RuleId,
}

/// Why there is no timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TimelineProblem {
    /// It is longer than [`HORIZON`].
    #[error("a timeline is ten years long at most")]
    TooLarge,
    /// It ends before it begins.
    #[error("a timeline ends after it begins")]
    Backwards,
}

/// How many segments a timeline has at most.
pub const MOST_SEGMENTS: usize = 5_000;

/// Decides for every instant from one up to, not including, another.
///
/// # Errors
/// When that is longer than ten years, or backwards.
pub fn timeline(content: &Content, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Timeline, TimelineProblem> {
    if to < from {
        return Err(TimelineProblem::Backwards);
    }
    if from.checked_add_months(HORIZON).is_some_and(|latest| latest < to) {
        return Err(TimelineProblem::TooLarge);
    }
    let prepared = Prepared::new(content);
    let mut segments: Vec<Segment> = Vec::new();
    let mut now = from;
    while now < to && segments.len() < MOST_SEGMENTS {
        let Decision { video, source, rule, reason, valid_until } = prepared.at(now);
        let end = valid_until.map_or(to, |change| change.min(to));
        segments.push(Segment { from: now, to: end, video, source, rule, reason });
        now = end;
    }
    let truncated_at = (now < to).then_some(now);
    Ok(Timeline { from, to, segments, conflicts: conflicts(content, from, now), truncated_at })
}

/// The windows in the order in which they start or end, each priority by itself.
fn conflicts(content: &Content, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<Conflict> {
    let videos = Eligibility::of(&content.videos);
    let within = |window: &&Window| window.active && window.start.max(from) < window.end.min(to);
    let mut windows: Vec<&Window> = content.windows.iter().filter(within).collect();
    windows.sort_unstable_by_key(|window| (window.priority, window.start));
    let mut found = Vec::new();
    for of_priority in windows.chunk_by(|one, other| one.priority == other.priority) {
        // Nothing overlaps where each ends before the next starts, as saved ones do.
        if of_priority.windows(2).all(|pair| pair[0].end <= pair[1].start) {
            continue;
        }
        overlaps(of_priority, &videos, (from, to), &mut found);
    }
    found.sort_by_key(|conflict: &Conflict| conflict.from);
    found
}

/// Walks through the instants at which a window starts, ends or loses its video, and keeps those that are open.
fn overlaps(
    windows: &[&Window],
    videos: &Eligibility,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    found: &mut Vec<Conflict>,
) {
    let changes: BTreeSet<DateTime<Utc>> = windows
        .iter()
        .flat_map(|window| [window.start, window.effective_end(videos), window.end])
        .map(|instant| instant.clamp(from, to))
        .collect();
    let mut coming = windows.iter().peekable();
    let mut open: Vec<&Window> = Vec::new();
    for (start, end) in changes.iter().zip(changes.iter().skip(1)) {
        open.retain(|window| *start < window.end);
        while let Some(window) = coming.next_if(|window| window.start <= *start) {
            open.push(window);
        }
        let may_play = |window: &&&Window| *start < window.effective_end(videos);
        let winner = open.iter().max_by_key(|window| (may_play(window), window.precedence()));
        let Some(winner) = winner.filter(|_| open.len() > 1).map(|window| window.id) else { continue };
        let mut ids: Vec<RuleId> = open.iter().map(|window| window.id).collect();
        ids.sort_unstable();
        match found.last_mut() {
            Some(last) if last.to == *start && last.windows == ids && last.winner == winner => last.to = *end,
            _ => found.push(Conflict { from: *start, to: *end, windows: ids, winner }),
        }
    }
}
