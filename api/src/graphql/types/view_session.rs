use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{ArContent, Company, Project, Video};
use crate::enums::{DeviceType, PlaybackSource, TrackingQuality, ViewSessionStatus};
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::node::node_type;

node_type! {
    /// A view.
    ViewSession over models::ViewSession
}

/// One view of one phone: counted at its start, brought up to date by its beats.
#[Object]
impl ViewSession {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::ViewSession>(self.0.id)
    }

    /// The id that the phone chose for it.
    async fn session_id(&self) -> Uuid {
        self.0.session_id
    }

    /// What was viewed.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<ArContent> {
        ctx.the(self.0.ar_content_id).await
    }

    /// The project that it was viewed under, also after the order moved to another one.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        ctx.the(self.0.project_id).await
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// The video that was shown.
    async fn video(&self, ctx: &Context<'_>) -> Result<Option<Video>> {
        ctx.one_of(self.0.video_id).await
    }

    /// Which rule chose it.
    async fn source(&self) -> PlaybackSource {
        self.0.source.into()
    }

    /// How the view stands.
    async fn status(&self) -> ViewSessionStatus {
        self.0.status.into()
    }

    /// What kind of device looked.
    async fn device_type(&self) -> DeviceType {
        self.0.device_type.into()
    }

    /// Its browser, such as Safari.
    async fn browser(&self) -> Option<&str> {
        self.0.browser.as_deref()
    }

    /// Its system, such as Android.
    async fn os(&self) -> Option<&str> {
        self.0.os.as_deref()
    }

    /// The country that its address belongs to.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// The city that its address belongs to.
    async fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// Its address, truncated; the full one is never stored.
    async fn network(&self) -> Option<&str> {
        self.0.network.as_deref()
    }

    /// How many seconds the video played; null before the first beat.
    async fn duration_seconds(&self) -> Option<i32> {
        self.0.duration_seconds
    }

    /// How well the phone followed the photo.
    async fn tracking_quality(&self) -> TrackingQuality {
        self.0.tracking_quality.into()
    }

    /// Whether the video played at all.
    async fn video_played(&self) -> bool {
        self.0.video_played
    }

    /// When it began.
    async fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it ended; null while it goes on.
    async fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.0.ended_at
    }

    /// Grows with every change; of two states of one view the higher is the newer.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
