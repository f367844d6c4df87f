//! What plays for a content at an instant, and until when.
//!
//! Pure: no clock, no database. Whoever asks gathers a [`Content`] and names the instant, so the answer for the past,
//! for now and for a plan that is not saved comes from the same lines. Start at [`active_video`].

use std::{cmp::Reverse, collections::HashMap};

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, Months, TimeDelta, Utc};

pub mod read;
mod rules;
#[cfg(test)]
mod tests;

pub use rules::Rules;

/// Everything the decision depends on.
#[derive(Clone, Debug)]
pub struct Content<'a> {
    /// The content was deleted; its code is still printed.
    pub deleted: bool,
    /// The company is ACTIVE.
    pub company_active: bool,
    /// The content is READY.
    pub ready: bool,
    /// The project is ARCHIVED.
    pub project_archived: bool,
    /// The end of the paid term.
    pub expires_at: DateTime<Utc>,
    /// There is a photo to show.
    pub has_photo: bool,
    /// The operator's choice, if one was made.
    pub pinned_video: Option<i64>,
    /// The content's videos, in any order.
    pub videos: &'a [PlayableVideo],
    /// The content's windows, in any order.
    pub windows: &'a [Window],
}

/// A video of the content, as far as playback cares.
#[derive(Clone, Debug)]
pub struct PlayableVideo {
    /// The video's id.
    pub id: i64,
    /// May be chosen at all.
    pub is_active: bool,
    /// Its bytes are READY.
    pub ready: bool,
    /// From this instant on it is no longer eligible.
    pub subscription_end: Option<DateTime<Utc>>,
    /// The lowest is the default.
    pub rotation_order: i32,
    /// The video was deleted.
    pub deleted: bool,
}

/// A time in which a chosen video plays: from `start` up to, not including, `end`.
#[derive(Clone, Debug)]
pub struct Window {
    /// The window's id.
    pub id: i64,
    /// What plays in it.
    pub video_id: i64,
    /// The first instant.
    pub start: DateTime<Utc>,
    /// The first instant after it.
    pub end: DateTime<Utc>,
    /// Of overlapping windows the highest wins.
    pub priority: i32,
    /// Of equally wide ones the newest wins.
    pub created_at: DateTime<Utc>,
    /// The window is ACTIVE.
    pub active: bool,
}

/// Why nothing plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No such content, or it was deleted.
    NotFound,
    /// The paid term is over.
    Expired,
    /// The content is not READY, or its project is archived.
    NotPublished,
    /// The company is not active.
    Suspended,
    /// There is no photo.
    PhotoMissing,
    /// No video is eligible.
    NoPlayableVideo,
}

/// The answer for one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What plays.
    pub video: Option<i64>,
    /// Which rule chose it.
    pub source: PlaybackSource,
    /// The window that chose it.
    pub window: Option<i64>,
    /// Why nothing plays.
    pub reason: Option<Reason>,
    /// The exact next instant at which any of the above changes; none within [`HORIZON`] if absent.
    pub valid_until: Option<DateTime<Utc>>,
}

/// How far ahead a change is looked for: ten years.
pub const HORIZON: Months = Months::new(120);

impl Decision {
    /// Nothing plays, and no passing of time changes that.
    pub const fn unavailable(reason: Reason) -> Self {
        Self { video: None, source: PlaybackSource::None, window: None, reason: Some(reason), valid_until: None }
    }

    /// The same decision, over at `instant` if that comes first and is near enough to be told.
    fn until(self, instant: DateTime<Utc>, at: DateTime<Utc>) -> Self {
        let horizon = at.checked_add_months(HORIZON);
        let valid_until =
            earliest(self.valid_until, Some(instant)).filter(|change| horizon.is_none_or(|horizon| *change <= horizon));
        Self { valid_until, ..self }
    }
}

/// Decides what plays at an instant.
pub fn active_video(content: &Content<'_>, at: DateTime<Utc>) -> Decision {
    if content.deleted {
        return Decision::unavailable(Reason::NotFound);
    }
    if !content.company_active {
        return Decision::unavailable(Reason::Suspended);
    }
    if !content.ready || content.project_archived {
        return Decision::unavailable(Reason::NotPublished);
    }
    if at >= content.expires_at {
        return Decision::unavailable(Reason::Expired);
    }
    let decision = if content.has_photo { choose(content, at) } else { Decision::unavailable(Reason::PhotoMissing) };
    decision.until(content.expires_at, at)
}

/// Behind the gates: window, then pin, then default.
///
/// A choice lasts until it ends by itself or a window that beats it starts. Both change the answer, and nothing in
/// between does, so the next change needs no walk over the boundaries.
fn choose(content: &Content<'_>, at: DateTime<Utc>) -> Decision {
    let videos = Eligibility::of(content.videos);
    let windows: Vec<EffectiveWindow<'_>> =
        content.windows.iter().filter_map(|window| EffectiveWindow::new(window, &videos)).collect();
    let window = windows.iter().filter(|window| window.holds_at(at)).max_by_key(|window| window.precedence());
    let next_window = windows
        .iter()
        .filter(|other| at < other.window.start)
        .filter(|other| window.is_none_or(|window| window.precedence() < other.precedence()))
        .map(|other| other.window.start)
        .min();

    let choice = window
        .map(EffectiveWindow::decision)
        .or_else(|| pinned(content, &videos, at))
        .or_else(|| default(content.videos, &videos, at))
        .unwrap_or(Decision::unavailable(Reason::NoPlayableVideo));
    Decision { valid_until: earliest(choice.valid_until, next_window), ..choice }
}

fn pinned(content: &Content<'_>, videos: &Eligibility, at: DateTime<Utc>) -> Option<Decision> {
    let video = content.pinned_video?;
    videos.plays(video, PlaybackSource::Pin, at)
}

fn default(of: &[PlayableVideo], videos: &Eligibility, at: DateTime<Utc>) -> Option<Decision> {
    of.iter()
        .filter(|video| videos.at(video.id, at).is_some())
        .min_by_key(|video| (video.rotation_order, video.id))
        .and_then(|video| videos.plays(video.id, PlaybackSource::Default, at))
}

/// The videos that may play, each with the instant from which it may not. Eligibility only ever ends, it never begins.
struct Eligibility(HashMap<i64, Option<DateTime<Utc>>>);

impl Eligibility {
    fn of(videos: &[PlayableVideo]) -> Self {
        Self(
            videos
                .iter()
                .filter(|video| video.is_active && video.ready && !video.deleted)
                .map(|video| (video.id, video.subscription_end))
                .collect(),
        )
    }

    /// The end of an eligibility that holds at the instant.
    fn at(&self, video: i64, at: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
        let end = *self.0.get(&video)?;
        end.is_none_or(|end| at < end).then_some(end)
    }

    fn plays(&self, video: i64, source: PlaybackSource, at: DateTime<Utc>) -> Option<Decision> {
        let valid_until = self.at(video, at)?;
        Some(Decision { video: Some(video), source, window: None, reason: None, valid_until })
    }
}

/// A window cut to the time in which its video is eligible: outside it, the window is as if absent.
struct EffectiveWindow<'a> {
    window: &'a Window,
    until: DateTime<Utc>,
}

impl<'a> EffectiveWindow<'a> {
    fn new(window: &'a Window, videos: &Eligibility) -> Option<Self> {
        let video_end = videos.at(window.video_id, window.start)?;
        let until = video_end.map_or(window.end, |end| end.min(window.end));
        (window.active && window.start < until).then_some(Self { window, until })
    }

    fn holds_at(&self, at: DateTime<Utc>) -> bool {
        self.window.start <= at && at < self.until
    }

    /// The greatest wins: highest priority, then narrowest as it was planned, then newest.
    fn precedence(&self) -> (i32, Reverse<TimeDelta>, DateTime<Utc>, i64) {
        let Window { priority, start, end, created_at, id, .. } = *self.window;
        (priority, Reverse(end - start), created_at, id)
    }

    fn decision(&self) -> Decision {
        Decision {
            video: Some(self.window.video_id),
            source: PlaybackSource::Schedule,
            window: Some(self.window.id),
            reason: None,
            valid_until: Some(self.until),
        }
    }
}

fn earliest(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    one.into_iter().chain(other).min()
}
