use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Media;
use super::active_video::UnavailableReason;
use crate::domain::playback::read::Playback;
use crate::enums::PlaybackSource;
use crate::graphql::context::ContextExt;

/// What a phone plays for a code.
#[derive(Debug, Clone)]
pub struct ArPlayback(pub(crate) Arc<Playback>);

/// What a phone plays for a code that it scanned, or why nothing plays.
#[Object]
impl ArPlayback {
    /// The code.
    async fn unique_id(&self) -> Uuid {
        self.0.unique_id
    }

    /// The server's clock, for `validUntil` on phones whose clock is wrong.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// Whether anything plays.
    async fn available(&self) -> bool {
        self.0.available()
    }

    /// Why nothing plays; null if something does.
    async fn reason(&self) -> Option<UnavailableReason> {
        self.0.reason().map(Into::into)
    }

    /// The photo to follow; null if nothing plays.
    async fn photo(&self) -> Option<Media> {
        self.0.photo.clone().map(|photo| Media(Arc::new(photo)))
    }

    /// What plays; null if nothing does.
    async fn video(&self, ctx: &Context<'_>) -> Option<PublicVideo> {
        let video = self.0.video.as_ref()?;
        Some(PublicVideo {
            url: ctx.app().config.media_url(&video.name),
            mime_type: video.mime_type.clone(),
            duration_seconds: video.duration_ms.map(|milliseconds| milliseconds as f64 / 1000.0),
            width: video.width,
            height: video.height,
            source: self.0.decision.source.into(),
        })
    }

    /// The exact next instant at which the answer changes by itself; null if none within ten years.
    async fn valid_until(&self) -> Option<DateTime<Utc>> {
        self.0.decision.valid_until
    }

    /// Until when the code plays at all; null for a code that does not exist.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at()
    }
}

/// A video as a phone needs it.
#[derive(Debug, Clone, SimpleObject)]
pub struct PublicVideo {
    /// Where its bytes are; parts of them can be asked for.
    pub url: String,
    /// Its type, such as video/mp4.
    pub mime_type: String,
    /// How long it is; null where that is unknown.
    pub duration_seconds: Option<f64>,
    /// Its width in pixels, as it is shown.
    pub width: Option<i32>,
    /// Its height in pixels, as it is shown.
    pub height: Option<i32>,
    /// Which kind of rule chose it.
    pub source: PlaybackSource,
}
