use arvlite_db::models;
use async_graphql::{Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};

use super::{Video, VideoSchedule};
use crate::domain::playback::{self, Reason};
use crate::enums::PlaybackSource;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;

/// Why nothing plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Reason")]
pub enum UnavailableReason {
    /// There is no such code, or its order was deleted.
    NotFound,
    /// The paid term is over.
    Expired,
    /// The order is not ready, or it or its project was put away.
    NotPublished,
    /// The studio is suspended.
    Suspended,
    /// The photo is missing.
    PhotoMissing,
    /// No video can play.
    NoPlayableVideo,
}

/// What plays at an instant, and why.
#[derive(Debug, Clone, SimpleObject)]
pub struct ActiveVideo {
    /// The instant.
    pub at: DateTime<Utc>,
    /// What plays; null if nothing does.
    pub video: Option<Video>,
    /// Which kind of rule chose it.
    pub source: PlaybackSource,
    /// Why nothing plays; null if something does.
    pub reason: Option<UnavailableReason>,
    /// The window that chose it.
    pub schedule: Option<VideoSchedule>,
    /// The exact next instant at which video, source, rule or reason changes; null if none within ten years.
    pub valid_until: Option<DateTime<Utc>>,
}

impl ActiveVideo {
    /// Decides for an order that was read already.
    pub(crate) async fn of(ctx: &Context<'_>, content: &models::ArContent, at: DateTime<Utc>) -> Result<Self> {
        let decision = playback::active_video(&ctx.loaders().playback_of(content).await?, at);
        let playback::Decision { video, source, reason, valid_until, .. } = decision;
        let video = ctx.one_of(video).await?;
        let schedule = ctx.one_of(decision.window()).await?;
        let (source, reason) = (source.into(), reason.map(Into::into));
        Ok(Self { at, video, source, reason, schedule, valid_until })
    }
}
