use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::audit_entry::{AuditEntry, history};
use super::{ArContent, Media, VideoSchedule};
use crate::enums::VideoStatus;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A video.
    Video over models::Video
}

/// A video that can play over an order's photo.
#[Object]
impl Video {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Video>(self.0.id)
    }

    /// The name of the file that was uploaded.
    async fn filename(&self) -> &str {
        &self.0.filename
    }

    /// How far its bytes came.
    async fn status(&self) -> VideoStatus {
        self.0.status.into()
    }

    /// Why its bytes could not be used.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// May it be chosen for playback at all.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Its place among the order's videos: without a rule the lowest plays.
    async fn rotation_order(&self) -> i32 {
        self.0.rotation_order
    }

    /// From when on it no longer plays; null if that never comes.
    async fn subscription_end(&self) -> Option<DateTime<Utc>> {
        self.0.subscription_end
    }

    /// Its bytes.
    async fn media(&self, ctx: &Context<'_>) -> Result<Option<Media>> {
        ctx.one_of(self.0.media_id).await
    }

    /// How long it is, in seconds; null where that is unknown.
    async fn duration_seconds(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let media: Option<Media> = ctx.one_of(self.0.media_id).await?;
        Ok(media.and_then(|media| media.0.duration_ms).map(|ms| ms as f64 / 1000.0))
    }

    /// The order.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<ArContent> {
        ctx.the(self.0.ar_content_id).await
    }

    /// Grows by one with every edit of a client.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When a client last edited it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was deleted; null while it lives.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }

    /// Its windows, in order of creation.
    async fn schedules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<VideoSchedule>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::Video, VideoSchedule>(self.0.id, paging, ListOf::default()).await
    }

    /// What was done to it, oldest first. For those who may see what was done in the company.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        history(ctx, &*self.0, Paging::new(first, after, last, before)).await
    }
}

enum_filter! {
    /// How far the bytes of a video must have come.
    VideoStatusFilter of VideoStatus
}

where_input! {
    /// Which videos a list has.
    VideoWhereInput for VideoFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of these orders.
        ar_content_id: IdFilter of ArContent,
        /// Of such a file's name.
        filename: StringFilter,
        /// Whose bytes came that far.
        status: VideoStatusFilter,
        /// That may be chosen for playback, or may not.
        is_active: bool,
        /// That play until then.
        subscription_end: DateTimeFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of videos.
    VideoOrder by VideoOrderField {
        /// When it was created.
        CreatedAt,
    }
}
