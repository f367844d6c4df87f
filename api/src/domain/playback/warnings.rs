//! What is allowed but odd: said beside a change, never in its way.

use chrono::{DateTime, Utc};

use super::dates::DateLayer;
use super::eligibility::{Eligibility, FOREVER};
use super::rotation::{RotationLayer, RotationRule};
use super::wall_time::WallClock;
use super::{Content, HORIZON, Reason, Segment, Timeline};

/// A time in which something played before a change and nothing does after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DarkGap {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Why nothing plays.
    pub reason: Reason,
}

/// Whether a rotation rule of a content chooses nothing and takes no step from now on, before the paid term ends or within
/// ten years. It is looked at as if it were active and alone.
#[must_use]
pub fn never_fires(content: &Content, rule: &RotationRule, now: DateTime<Utc>) -> bool {
    let limit = now.checked_add_months(HORIZON).unwrap_or(FOREVER).min(content.expires_at);
    let (videos, clock) = (Eligibility::of(&content.videos), WallClock::of(content.zone));
    let fires = if let Some(dates) = DateLayer::of_rule(rule, clock, &videos) {
        let said = dates.at(now, limit);
        said.choice.is_some() || said.until < limit
    } else if let Some(turns) = RotationLayer::of_rule(rule, content, clock, &videos) {
        let steps = turns.is_fixed() || turns.next_boundary(now).is_some_and(|boundary| boundary < limit);
        steps && turns.at(now, limit).choice.is_some()
    } else {
        false
    };
    !fires
}

/// The times in which something plays before a change and nothing after it, as far as both timelines reach.
#[must_use]
pub fn dark_gaps(before: &Timeline, after: &Timeline) -> Vec<DarkGap> {
    let mut gaps: Vec<DarkGap> = Vec::new();
    let mut playing = before.segments.iter().filter(|segment| segment.video.is_some()).peekable();
    for Segment { from: dark_from, to: dark_to, reason, .. } in &after.segments {
        let Some(why) = *reason else { continue };
        while playing.next_if(|segment| segment.to <= *dark_from).is_some() {}
        while let Some(segment) = playing.peek().filter(|segment| segment.from < *dark_to) {
            let (start, end) = (segment.from.max(*dark_from), segment.to.min(*dark_to));
            match gaps.last_mut() {
                Some(last) if last.to == start && last.reason == why => last.to = end,
                _ => gaps.push(DarkGap { from: start, to: end, reason: why }),
            }
            if segment.to > *dark_to {
                break;
            }
            playing.next();
        }
    }
    gaps
}
