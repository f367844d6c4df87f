use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::audit_entry::{AuditEntry, history};
use super::{ArContent, Video};
use crate::enums::VideoScheduleStatus;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A window.
    VideoSchedule over models::VideoSchedule
}

/// A window. Half open: plays from `startTime` up to, not including, `endTime`.
#[Object]
impl VideoSchedule {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::VideoSchedule>(self.0.id)
    }

    /// What plays.
    async fn video(&self, ctx: &Context<'_>) -> Result<Video> {
        ctx.the(self.0.video_id).await
    }

    /// The order.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<ArContent> {
        ctx.the(self.0.ar_content_id).await
    }

    /// From this instant on.
    async fn start_time(&self) -> DateTime<Utc> {
        self.0.start_time
    }

    /// Up to, not including, this instant.
    async fn end_time(&self) -> DateTime<Utc> {
        self.0.end_time
    }

    /// Of windows that are open at once the highest wins, then the narrowest, then the newest.
    async fn priority(&self) -> i32 {
        self.0.priority
    }

    /// Whether it counts.
    async fn status(&self) -> VideoScheduleStatus {
        self.0.status.into()
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
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
    /// Whether a window must count.
    VideoScheduleStatusFilter of VideoScheduleStatus
}

where_input! {
    /// Which windows a list has.
    VideoScheduleWhereInput for VideoScheduleFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of these orders.
        ar_content_id: IdFilter of ArContent,
        /// Of these videos.
        video_id: IdFilter of Video,
        /// That count or do not.
        status: VideoScheduleStatusFilter,
        /// That open then.
        start_time: DateTimeFilter,
        /// That close then.
        end_time: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of windows. Across companies only ID.
    VideoScheduleOrder by VideoScheduleOrderField {
        /// When it opens.
        StartTime,
    }
}
