use arvlite_db::models;
use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::audit_entry::{AuditEntry, history};
use super::{
    ActiveVideo, Client, Company, Folder, Media, PlaybackTimeline, Project, Video, VideoRotationSchedule,
    VideoSchedule, ViewSession,
};
use crate::enums::ArContentStatus;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging, UncountedConnection};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::{NodeType, node_type};
use crate::graphql::playback::{self, PlaybackProposal};
use crate::graphql::views;

node_type! {
    /// An order.
    ArContent over models::ArContent
}

/// The format of a code's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QrFormat {
    /// A PNG of at least 1,000 pixels a side.
    Png,
    /// An SVG, sharp at every size.
    Svg,
}

/// An order of a studio: the printed photo with its code, and everything that hangs on it.
#[Object]
impl ArContent {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::ArContent>(self.0.id)
    }

    /// In the printed code. Never changes, never reused.
    async fn unique_id(&self) -> Uuid {
        self.0.unique_id
    }

    /// The page that the printed code opens.
    async fn public_url(&self, ctx: &Context<'_>) -> String {
        ctx.app().config.ar_url(self.0.unique_id)
    }

    /// The studio's number, of 1 to 50 characters, unique in the project.
    async fn order_number(&self) -> &str {
        &self.0.order_number
    }

    /// Where it stands.
    async fn status(&self) -> ArContentStatus {
        self.0.status.into()
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// The project.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project> {
        ctx.the(self.0.project_id).await
    }

    /// The folder that it lies in; null where it lies in none.
    async fn folder(&self, ctx: &Context<'_>) -> Result<Option<Folder>> {
        ctx.one_of(self.0.folder_id).await
    }

    /// The client who ordered it; null where it is nobody of the studio's clients.
    async fn client(&self, ctx: &Context<'_>) -> Result<Option<Client>> {
        ctx.one_of(self.0.client_id).await
    }

    /// For whom it was made.
    async fn customer_name(&self) -> Option<&str> {
        self.0.customer_name.as_deref()
    }

    /// Their telephone number.
    async fn customer_phone(&self) -> Option<&str> {
        self.0.customer_phone.as_deref()
    }

    /// Their e-mail address.
    async fn customer_email(&self) -> Option<&str> {
        self.0.customer_email.as_deref()
    }

    /// How many calendar years its code plays: 1, 3 or 5.
    async fn duration_years(&self) -> i32 {
        self.0.duration_years
    }

    /// Until when its code plays.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// Whatever the studio keeps with it: an object.
    async fn metadata(&self) -> async_graphql::Json<&serde_json::Value> {
        async_graphql::Json(&self.0.content_metadata)
    }

    /// The printed photo; null until there is one.
    async fn photo(&self, ctx: &Context<'_>) -> Result<Option<Media>> {
        ctx.one_of(self.0.photo_media_id).await
    }

    /// Absolute URL of the code's image, not its bytes.
    async fn qr_code(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "QrFormat::Png", desc = "Of what format.")] format: QrFormat,
    ) -> String {
        let ending = match format {
            QrFormat::Png => "png",
            QrFormat::Svg => "svg",
        };
        format!("{}/qr.{ending}", ctx.app().config.ar_url(self.0.unique_id))
    }

    /// How often it was viewed, up to a few seconds ago. Programs are not counted.
    async fn views_count(&self) -> i64 {
        self.0.views_count
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

    /// Its videos, in order of creation.
    async fn videos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Video>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::ArContent, Video>(self.0.id, paging, ListOf::default()).await
    }

    /// The operator's choice, if one was made.
    async fn pinned_video(&self, ctx: &Context<'_>) -> Result<Option<Video>> {
        ctx.one_of(self.0.active_video_id).await
    }

    /// What plays at an instant, and why.
    async fn active_video(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The instant; now unless it is said.")] at: Option<DateTime<Utc>>,
    ) -> Result<ActiveVideo> {
        let at = at.unwrap_or_else(|| ctx.app().clock.now());
        ActiveVideo::of(ctx, &self.0, at).await
    }

    /// What plays from one instant to another, in as few segments as possible: at most ten years and 5,000 segments. It is
    /// what `activeVideo` answers at every instant by today's rules, or by those of a proposal.
    async fn playback_timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From this instant on.")] from: DateTime<Utc>,
        #[graphql(desc = "Up to, not including, this instant.")] to: DateTime<Utc>,
        #[graphql(desc = "A change that is not saved: the timeline is computed as if it were.")] proposed: Option<
            PlaybackProposal,
        >,
    ) -> Result<PlaybackTimeline> {
        playback::timeline(ctx, &self.0, (from, to), proposed).await
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
        ctx.children::<models::ArContent, VideoSchedule>(self.0.id, paging, ListOf::default()).await
    }

    /// Its rules of turns and of dates, in order of creation, at most 50.
    async fn rotation_schedules(&self, ctx: &Context<'_>) -> Result<Vec<VideoRotationSchedule>> {
        type Row = models::VideoRotationSchedule;
        let rules = ctx.loaders().all_children::<models::ArContent, Row>(self.0.id).await?;
        Ok(rules.iter().map(|rule| VideoRotationSchedule::from_row(rule.clone())).collect())
    }

    /// How it was viewed, in order of the views' starts.
    async fn view_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<UncountedConnection<ViewSession>> {
        let paging = Paging::new(first, after, last, before);
        let list =
            ctx.children::<models::ArContent, ViewSession>(self.0.id, paging, views::in_order_of_starts()).await?;
        Ok(UncountedConnection(list))
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
    /// Where an order must stand.
    ArContentStatusFilter of ArContentStatus
}

where_input! {
    /// Which orders a list has.
    ArContentWhereInput for ArContentFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// The order of this code.
        unique_id: Uuid,
        /// Of these projects.
        project_id: IdFilter of Project,
        /// Of these folders, or of none.
        folder_id: IdFilter of Folder,
        /// Of these clients.
        client_id: IdFilter of Client,
        /// With such a number.
        order_number: StringFilter,
        /// Of such a customer.
        customer_name: StringFilter,
        /// With such a telephone number.
        customer_phone: StringFilter,
        /// With such an e-mail address.
        customer_email: StringFilter,
        /// That stand there.
        status: ArContentStatusFilter,
        /// Created then.
        created_at: DateTimeFilter,
        /// Whose code plays until then.
        expires_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of orders. Across companies only ID and CREATED_AT.
    ArContentOrder by ArContentOrderField {
        /// When it was created.
        CreatedAt,
        /// When somebody last changed it.
        UpdatedAt,
        /// Its number, in the database's collation.
        OrderNumber,
        /// Until when its code plays.
        ExpiresAt,
    }
}
