use arvlite_db::models;
use async_graphql::{Context, Enum, Object};
use chrono::{DateTime, Utc};

use super::{Video, VideoRotationSchedule, VideoSchedule};
use crate::domain::playback::{Decision, Reason, active_video};
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

/// What plays at an instant.
#[derive(Debug, Clone)]
pub struct ActiveVideo {
    at: DateTime<Utc>,
    decision: Decision,
}

/// What plays at an instant, and why.
#[Object]
impl ActiveVideo {
    /// The instant.
    async fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What plays; null if nothing does.
    async fn video(&self, ctx: &Context<'_>) -> Result<Option<Video>> {
        ctx.one_of(self.decision.video).await
    }

    /// Which kind of rule chose it.
    async fn source(&self) -> PlaybackSource {
        self.decision.source.into()
    }

    /// Why nothing plays; null if something does.
    async fn reason(&self) -> Option<UnavailableReason> {
        self.decision.reason.map(Into::into)
    }

    /// The window that chose it.
    async fn schedule(&self, ctx: &Context<'_>) -> Result<Option<VideoSchedule>> {
        ctx.one_of(self.decision.window()).await
    }

    /// The rule of turns or of dates that chose it.
    async fn rotation_schedule(&self, ctx: &Context<'_>) -> Result<Option<VideoRotationSchedule>> {
        ctx.one_of(self.decision.rotation()).await
    }

    /// The exact next instant at which video, source, rule or reason changes; null if none within ten years.
    async fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.decision.valid_until
    }
}

impl ActiveVideo {
    /// What was decided.
    pub(crate) fn new(at: DateTime<Utc>, decision: Decision) -> Self {
        Self { at, decision }
    }

    /// Decides for an order that was read already.
    pub(crate) async fn of(ctx: &Context<'_>, content: &models::ArContent, at: DateTime<Utc>) -> Result<Self> {
        let content = ctx.loaders().playback_of(content).await?;
        Ok(Self::new(at, active_video(&content, at)))
    }
}
