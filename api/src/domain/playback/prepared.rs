//! The gates, and the layers behind them in their order.

use arvlite_db::models::PlaybackSource;
use chrono::{DateTime, Utc};

use super::dates::DateLayer;
use super::eligibility::{Eligibility, Eligible, FOREVER};
use super::rotation::RotationLayer;
use super::wall_time::WallClock;
use super::windows::WindowLayer;
use super::{Content, Decision, HORIZON, Reason, Rule};

/// A content made ready to be asked about many instants. It answers as [`active_video`](super::active_video) does.
pub struct Prepared {
    shut: Option<Reason>,
    expires_at: DateTime<Utc>,
    has_photo: bool,
    dates: Option<DateLayer>,
    windows: WindowLayer,
    rotation: Option<RotationLayer>,
    pin: Option<Eligible>,
    videos: Eligibility,
}

/// What one layer says: what it plays, if anything, and the first instant at which it says something else.
pub(super) struct Said {
    pub choice: Option<Choice>,
    pub until: DateTime<Utc>,
}

/// A video and why it plays.
#[derive(Clone, Copy)]
pub(super) struct Choice {
    pub video: i64,
    pub source: PlaybackSource,
    pub rule: Option<Rule>,
}

impl Said {
    pub const fn nothing_until(until: DateTime<Utc>) -> Self {
        Self { choice: None, until }
    }

    pub const fn plays(choice: Choice, until: DateTime<Utc>) -> Self {
        Self { choice: Some(choice), until }
    }
}

impl Prepared {
    /// Sorts and cuts what the content has, whatever the order of its rows.
    #[must_use]
    pub fn new(content: &Content) -> Self {
        let videos = Eligibility::of(&content.videos);
        let clock = WallClock::of(content.zone);
        Self {
            shut: shut(content),
            expires_at: content.expires_at,
            has_photo: content.has_photo,
            dates: DateLayer::of(content, clock, &videos),
            windows: WindowLayer::of(&content.windows, &videos),
            rotation: RotationLayer::of(content, clock, &videos),
            pin: content.pinned_video.map(|video| videos.of_video(video)),
            videos,
        }
    }

    /// Decides what plays at an instant.
    #[must_use]
    pub fn at(&self, at: DateTime<Utc>) -> Decision {
        if let Some(reason) = self.shut {
            return Decision::unavailable(reason);
        }
        if at >= self.expires_at {
            return Decision::unavailable(Reason::Expired);
        }
        let horizon = at.checked_add_months(HORIZON).unwrap_or(FOREVER);
        let (choice, until) = if self.has_photo {
            self.choose(at, horizon.min(self.expires_at)).ok_or(Reason::NoPlayableVideo)
        } else {
            Err(Reason::PhotoMissing)
        }
        .map_or_else(|reason| (Decision::unavailable(reason), FOREVER), |(choice, until)| (choice.into(), until));
        let change = until.min(self.expires_at);
        Decision { valid_until: (change <= horizon && change < FOREVER).then_some(change), ..choice }
    }

    /// The first layer that plays something, until it stops or a layer before it begins. No change after `limit`
    /// matters.
    fn choose(&self, at: DateTime<Utc>, limit: DateTime<Utc>) -> Option<(Choice, DateTime<Utc>)> {
        let layers: [&dyn Fn() -> Said; 5] = [
            &|| self.dates.as_ref().map_or(Said::nothing_until(FOREVER), |dates| dates.at(at, limit)),
            &|| self.windows.at(at),
            &|| self.rotation.as_ref().map_or(Said::nothing_until(FOREVER), |rotation| rotation.at(at, limit)),
            &|| unruled(self.pin.filter(|pin| pin.at(at)), PlaybackSource::Pin),
            &|| unruled(self.videos.default_at(at), PlaybackSource::Default),
        ];
        let mut earlier_layer_begins = FOREVER;
        for said in layers.into_iter().map(|layer| layer()) {
            let until = said.until.min(earlier_layer_begins);
            if let Some(choice) = said.choice {
                return Some((choice, until));
            }
            earlier_layer_begins = until;
        }
        None
    }
}

impl From<Choice> for Decision {
    fn from(choice: Choice) -> Self {
        let Choice { video, source, rule } = choice;
        Self { video: Some(video), source, rule, reason: None, valid_until: None }
    }
}

/// What no passing of time opens.
fn shut(content: &Content) -> Option<Reason> {
    if content.deleted {
        Some(Reason::NotFound)
    } else if !content.company_active {
        Some(Reason::Suspended)
    } else if !content.ready || content.project_archived {
        Some(Reason::NotPublished)
    } else {
        None
    }
}

/// Of a video that is no longer eligible nothing comes back.
fn unruled(eligible: Option<Eligible>, source: PlaybackSource) -> Said {
    match eligible {
        Some(Eligible { video, until }) => Said::plays(Choice { video, source, rule: None }, until),
        None => Said::nothing_until(FOREVER),
    }
}
