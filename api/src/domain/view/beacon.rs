//! What a phone's report makes of a view. Reports get lost, overtake each other and come twice: in whatever order and
//! however often they are applied, the view ends up the same.

use arvlite_db::models::{TrackingQuality, ViewSession, ViewSessionStatus};
use chrono::{DateTime, TimeDelta, Utc};

use super::SILENCE;

/// The longest view that is told.
const LONGEST_SECONDS: i32 = 86_400;

/// How much longer than the view is known here it may have played: a phone repeats its start for about a minute before
/// it gets through, and plays meanwhile.
const HEAD_START: TimeDelta = TimeDelta::seconds(60);

/// How late a report may come. A view lasts no longer, and so does its token.
const LATEST: TimeDelta = TimeDelta::hours(24);

/// A report on a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beat {
    /// How long the video has played so far.
    pub played_seconds: Option<i32>,
    /// How well the photo is followed.
    pub tracking_quality: Option<TrackingQuality>,
    /// The video played at all.
    pub video_played: bool,
    /// The view is over.
    pub ended: bool,
    /// How long ago that was: a phone that was offline tells later.
    pub ago: TimeDelta,
}

/// When it was what somebody tells now: what is to come or is too long ago is taken for a wrong clock.
pub(super) fn instant(ago: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    now - ago.clamp(TimeDelta::zero(), LATEST)
}

/// Applies reports to a view, all at once. Says whether anything changed that others see; then the version grew by one.
pub fn fold<'a>(view: &mut ViewSession, beats: impl IntoIterator<Item = &'a Beat>, now: DateTime<Utc>) -> bool {
    let before = visible(view);
    for beat in beats {
        apply(view, beat, now);
    }
    let changed = visible(view) != before;
    if changed {
        view.version += 1;
        view.updated_at = now;
    }
    changed
}

fn apply(view: &mut ViewSession, beat: &Beat, now: DateTime<Utc>) {
    // Nothing of a view is from before it.
    let at = instant(beat.ago, now).max(view.started_at);
    let played = beat.played_seconds.map(|seconds| credible(seconds, view.started_at, at));
    view.duration_seconds = view.duration_seconds.max(played);
    view.video_played |= beat.video_played;
    if let Some(quality) = beat.tracking_quality {
        // Only the end may leave out how far it is: it is further than anything else.
        let second = played.unwrap_or(if beat.ended { LONGEST_SECONDS } else { 0 });
        judge_tracking(view, second, quality);
    }
    view.last_seen_at = view.last_seen_at.max(at);
    match view.status {
        // What ends twice ended the first time.
        ViewSessionStatus::Ended if beat.ended => view.ended_at = view.ended_at.min(Some(at)),
        ViewSessionStatus::Ended | ViewSessionStatus::Active if !beat.ended => {}
        _ if beat.ended => {
            view.status = ViewSessionStatus::Ended;
            view.ended_at = Some(at);
        }
        // News from before the silence began do not break it.
        _ if at < now - SILENCE => view.ended_at = Some(view.last_seen_at),
        _ => {
            view.status = ViewSessionStatus::Active;
            view.ended_at = None;
        }
    }
}

/// What is known furthest into the view counts; of two judgements of one second the worse.
fn judge_tracking(view: &mut ViewSession, second: i32, quality: TrackingQuality) {
    let known = (view.tracking_quality_second, severity(view.tracking_quality));
    if quality != TrackingQuality::Unknown && (second, severity(quality)) > known {
        view.tracking_quality = quality;
        view.tracking_quality_second = second;
    }
}

fn severity(quality: TrackingQuality) -> u8 {
    match quality {
        TrackingQuality::Unknown => 0,
        TrackingQuality::Good => 1,
        TrackingQuality::Fair => 2,
        TrackingQuality::Poor => 3,
        TrackingQuality::Lost => 4,
    }
}

/// Nobody watches longer than the time that has passed.
fn credible(seconds: i32, started_at: DateTime<Utc>, at: DateTime<Utc>) -> i32 {
    let passed = (at - started_at).max(TimeDelta::zero()) + HEAD_START;
    let passed = i32::try_from(passed.num_seconds()).unwrap_or(i32::MAX);
    seconds.clamp(0, passed.min(LONGEST_SECONDS))
}

type Visible = (Option<i32>, TrackingQuality, bool, ViewSessionStatus, Option<DateTime<Utc>>);

fn visible(view: &ViewSession) -> Visible {
    (view.duration_seconds, view.tracking_quality, view.video_played, view.status, view.ended_at)
}

#[cfg(test)]
mod tests;
