//! What plays for a content at an instant, and until when.
//!
//! Pure: no clock, no database. Whoever asks gathers a [`Content`] and names the instant, so the answer for the past,
//! for now and for a plan that is not saved comes from the same lines. Start at [`active_video`].
//!
//! Behind the gates five layers are asked in order: date rules (`dates.rs`), windows (`windows.rs`), rotation
//! (`rotation.rs`), the pin, the default. Each says what it plays, if anything, and until when it says so; `prepared.rs`
//! puts them together. A [`timeline`](timeline()) asks again and again; a [`Proposal`] changes the content first.
//! Rows are gathered in `rows.rs`, and for codes in `read.rs`.

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, Months, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

mod boundaries;
mod calendar;
pub mod concern;
mod cron;
mod dates;
mod eligibility;
pub mod live;
mod picks;
mod prepared;
mod proposal;
mod random_daily;
pub mod read;
mod rotation;
mod rows;
mod stepped;
#[cfg(test)]
mod tests;
mod timeline;
pub(in crate::domain) mod wall_time;
mod warnings;
mod windows;

pub use cron::{Cron, CronProblem};
pub use prepared::Prepared;
pub use proposal::{Proposal, ProposalProblem, ProposedRotation, ProposedWindow};
pub use rotation::{DateRule, Recurrence, RotationItem, RotationPlan, RotationRule, RotationState};
pub use timeline::{Conflict, MOST_SEGMENTS, Segment, Timeline, TimelineProblem, timeline};
pub use warnings::{DarkGap, dark_gaps, never_fires};

/// Everything the decision depends on.
#[derive(Clone, Debug)]
pub struct Content {
    /// What is printed. Random picks depend on it.
    pub unique_id: Uuid,
    /// The company's zone: days and wall times are counted in it.
    pub zone: Tz,
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
    pub videos: Vec<PlayableVideo>,
    /// The content's windows, in any order.
    pub windows: Vec<Window>,
    /// The content's rotation rules, in any order.
    pub rotations: Vec<RotationRule>,
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
    /// Which window.
    pub id: RuleId,
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

/// A window or rotation rule, saved or not. The order is that of age: one that is not saved is newer than any that is,
/// and the later of two in a proposal is the newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleId {
    /// The row's id.
    Saved(i64),
    /// The place in the proposal's list, from 0.
    Proposed(usize),
}

/// The rule that chose a video. A pin and the default are no rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A window.
    Window(RuleId),
    /// A rotation rule, of dates or of steps.
    Rotation(RuleId),
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
    /// Which kind of rule chose it.
    pub source: PlaybackSource,
    /// The rule that chose it.
    pub rule: Option<Rule>,
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
        Self { video: None, source: PlaybackSource::None, rule: None, reason: Some(reason), valid_until: None }
    }

    /// The saved window that chose the video.
    #[must_use]
    pub const fn window(&self) -> Option<i64> {
        match self.rule {
            Some(Rule::Window(RuleId::Saved(id))) => Some(id),
            _ => None,
        }
    }

    /// The saved rotation rule that chose the video.
    #[must_use]
    pub const fn rotation(&self) -> Option<i64> {
        match self.rule {
            Some(Rule::Rotation(RuleId::Saved(id))) => Some(id),
            _ => None,
        }
    }
}

/// Decides what plays at an instant. Whoever asks for many instants prepares the content once: [`Prepared`].
#[must_use]
pub fn active_video(content: &Content, at: DateTime<Utc>) -> Decision {
    Prepared::new(content).at(at)
}
