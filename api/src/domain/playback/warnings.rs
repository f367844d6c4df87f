//! What is allowed but odd: said beside a change, never in its way.

use chrono::{DateTime, Utc};

use super::dates::DateLayer;
use super::eligibility::{Eligibility, FOREVER};
use super::rotation::{RotationLayer, RotationRule};
use super::wall_time::WallClock;
use super::{Content, HORIZON, Reason, RuleId, Segment, Timeline, Window};

/// Something odd about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaybackWarning {
    /// A rule that chooses nothing and takes no step before the paid term ends, nor within ten years.
    RuleNeverFires {
        /// The rule.
        rule: RuleId,
    },
    /// A window that is over.
    WindowIsPast {
        /// The window.
        window: RuleId,
    },
    /// A video that may no longer play before its window is over.
    SubscriptionEndsFirst {
        /// The window.
        window: RuleId,
        /// Its video.
        video: i64,
        /// When its subscription ends.
        ends_at: DateTime<Utc>,
    },
    /// A time in which nothing would play any more.
    DarkGap {
        /// The first instant.
        from: DateTime<Utc>,
        /// The first instant after it.
        to: DateTime<Utc>,
        /// Why nothing would.
        reason: Reason,
    },
}

/// What is odd about a window of a content now.
#[must_use]
pub fn window_warnings(content: &Content, window: &Window, now: DateTime<Utc>) -> Vec<PlaybackWarning> {
    let Window { id, video_id, end, .. } = *window;
    let past = (end <= now).then_some(PlaybackWarning::WindowIsPast { window: id });
    let video = content.videos.iter().find(|video| video.id == video_id);
    let ends_first = video.and_then(|video| video.subscription_end).filter(|ends_at| *ends_at < end);
    let ends_first =
        ends_first.map(|ends_at| PlaybackWarning::SubscriptionEndsFirst { window: id, video: video_id, ends_at });
    past.into_iter().chain(ends_first).collect()
}

/// What is odd about a rotation rule of a content from now on. It is looked at as if it were active and alone.
#[must_use]
pub fn rotation_warning(content: &Content, rule: &RotationRule, now: DateTime<Utc>) -> Option<PlaybackWarning> {
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
    (!fires).then_some(PlaybackWarning::RuleNeverFires { rule: rule.id })
}

/// The times in which something plays before a change and nothing after it, as far as both timelines reach.
#[must_use]
pub fn dark_gaps(before: &Timeline, after: &Timeline) -> Vec<PlaybackWarning> {
    let mut gaps: Vec<PlaybackWarning> = Vec::new();
    let mut playing = before.segments.iter().filter(|segment| segment.video.is_some()).peekable();
    for Segment { from: dark_from, to: dark_to, reason, .. } in &after.segments {
        let Some(why) = *reason else { continue };
        while playing.next_if(|segment| segment.to <= *dark_from).is_some() {}
        while let Some(segment) = playing.peek().filter(|segment| segment.from < *dark_to) {
            let (start, end) = (segment.from.max(*dark_from), segment.to.min(*dark_to));
            match gaps.last_mut() {
                Some(PlaybackWarning::DarkGap { to, reason, .. }) if *to == start && *reason == why => *to = end,
                _ => gaps.push(PlaybackWarning::DarkGap { from: start, to: end, reason: why }),
            }
            if segment.to > *dark_to {
                break;
            }
            playing.next();
        }
    }
    gaps
}
