//! What can be asked for by an id or a code, and what is about no row; lists of rows are in `lists.rs`.

use std::sync::Arc;

use arvlite_db::models;
use async_graphql::{Context, ID, MergedObject, Object};
use uuid::Uuid;

use super::analytics::{self, Timeframe, ViewWhere};
use super::connection::{Paging, UncountedConnection};
use super::context::{ContextExt, ToldPlaybacks};
use super::error::Result;
use super::filters;
use super::lists::Lists;
use super::live_views;
use super::node::{self, Node, NodeType};
use super::scalars::Duration;
use super::types::{
    ArContent, ArPlayback, Client, Company, EmailMessage, Folder, LiveViewStats, Notification, Project, ServiceLimits,
    StorageConnection, StorageFolder, Video, VideoRotationSchedule, ViewAnalytics, ViewEventConnection, ViewSession,
    Viewer,
};
use super::views::{self, AnalyticsScope, ViewSessionWhereInput};
use crate::auth::Readable;
use crate::domain::Error;
use crate::domain::execute::require;
use crate::domain::playback::read::playback_now;
use crate::global_id::NodeId;

/// What can be asked. Without a sign-in or an API key only `arPlayback`, `viewer` and `serviceLimits` answer.
#[derive(Debug, Clone, Copy, Default, MergedObject)]
pub struct Query(Lookups, Lists);

/// What can be asked for one by one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lookups;

/// What can be asked for one by one.
#[Object]
impl Lookups {
    /// Whatever has this global id; null if it does not exist or is not yours to see.
    async fn node(&self, ctx: &Context<'_>, #[graphql(desc = "A global id.")] id: ID) -> Result<Option<Node>> {
        known(ctx)?;
        node::find(ctx, &id).await
    }

    /// Whatever has these global ids, in their order; null for each that does not exist or is not yours to see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        known(ctx)?;
        if ids.len() > 100 {
            return Err(Error::bad_request("ids", "at most 100 ids are looked up at once").into());
        }
        futures_util::future::try_join_all(ids.iter().map(|id| node::find(ctx, id))).await
    }

    /// Who is asking.
    async fn viewer(&self, ctx: &Context<'_>) -> Viewer {
        Viewer(ctx.viewer().clone())
    }

    /// A company by its id or its slug: give one of them.
    async fn company(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: Option<ID>,
        #[graphql(desc = "Its slug.")] slug: Option<String>,
    ) -> Result<Option<Company>> {
        match (id, slug) {
            (Some(id), None) => by_id(ctx, &id).await,
            (None, Some(slug)) => {
                allowed::<Company>(ctx)?;
                let session = ctx.loaders().session::<models::Company>();
                let found = models::Company::by_slug(&session, &filters::text_in("slug", slug)?).await?;
                Ok(found.map(|row| Company::from_row(row.into())))
            }
            _ => Err(Error::bad_request("id", "give either `id` or `slug`").into()),
        }
    }

    /// A project.
    async fn project(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Result<Option<Project>> {
        by_id(ctx, &id).await
    }

    /// A folder.
    async fn folder(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Result<Option<Folder>> {
        by_id(ctx, &id).await
    }

    /// An order by its id or by the code printed on it: give one of them.
    async fn ar_content(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: Option<ID>,
        #[graphql(desc = "What is in its printed code.")] unique_id: Option<Uuid>,
    ) -> Result<Option<ArContent>> {
        match (id, unique_id) {
            (Some(id), None) => by_id(ctx, &id).await,
            (None, Some(unique_id)) => {
                allowed::<ArContent>(ctx)?;
                let session = ctx.loaders().session::<models::ArContent>();
                let found = models::ArContent::by_unique_id(&session, unique_id).await?;
                Ok(found.map(|row| ArContent::from_row(row.into())))
            }
            _ => Err(Error::bad_request("id", "give either `id` or `uniqueId`").into()),
        }
    }

    /// A video.
    async fn video(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Result<Option<Video>> {
        by_id(ctx, &id).await
    }

    /// A rule of turns.
    async fn video_rotation_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<VideoRotationSchedule>> {
        by_id(ctx, &id).await
    }

    /// A client of a studio.
    async fn client(&self, ctx: &Context<'_>, #[graphql(desc = "Its global id.")] id: ID) -> Result<Option<Client>> {
        by_id(ctx, &id).await
    }

    /// A notification.
    async fn notification(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<Notification>> {
        by_id(ctx, &id).await
    }

    /// A mail.
    async fn email_message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<EmailMessage>> {
        by_id(ctx, &id).await
    }

    /// A place for media.
    async fn storage_connection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<StorageConnection>> {
        by_id(ctx, &id).await
    }

    /// A part of a place for media.
    async fn storage_folder(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: ID,
    ) -> Result<Option<StorageFolder>> {
        by_id(ctx, &id).await
    }

    /// A view by its id or by the id that the phone chose for it: give one of them.
    async fn view_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its global id.")] id: Option<ID>,
        #[graphql(desc = "The phone's id of it.")] session_id: Option<Uuid>,
    ) -> Result<Option<ViewSession>> {
        match (id, session_id) {
            (Some(id), None) => by_id(ctx, &id).await,
            (None, Some(session_id)) => {
                allowed::<ViewSession>(ctx)?;
                let session = ctx.loaders().session::<models::ViewSession>();
                let found = models::ViewSession::by_session_id(&session, session_id).await?;
                Ok(found.map(|row| ViewSession::from_row(row.into())))
            }
            _ => Err(Error::bad_request("id", "give either `id` or `sessionId`").into()),
        }
    }

    /// Views, in the order of their starts. They are not counted here.
    #[expect(clippy::too_many_arguments, reason = "each is an argument of the contract")]
    async fn view_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(name = "where", desc = "Which views.")] condition: Option<ViewSessionWhereInput>,
    ) -> Result<UncountedConnection<ViewSession>> {
        views::sessions(ctx, scope, Paging::new(first, after, last, before), condition).await
    }

    /// The log of what happened to views, oldest first. Its cursors also resume the subscription of the same name.
    async fn view_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "Entries, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
    ) -> Result<ViewEventConnection> {
        views::events(ctx, scope, first, after).await
    }

    /// Numbers of the views that began in a time. All of an answer is read at once, so it agrees.
    async fn view_analytics(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "When they began.")] timeframe: Timeframe,
        #[graphql(name = "where", desc = "Which views.")] condition: Option<ViewWhere>,
    ) -> Result<ViewAnalytics> {
        analytics::analyze(ctx, scope, timeframe, condition).await
    }

    /// Who looks now.
    async fn live_view_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "How far back the window reaches, PT1S to PT1H.", default_with = "live_views::WINDOW")]
        window: Duration,
    ) -> Result<LiveViewStats> {
        live_views::now(ctx, scope, window).await
    }

    /// For the phone that scanned a code: needs no sign-in, never says 404, says why nothing plays.
    async fn ar_playback(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is in the printed code.")] unique_id: Uuid,
    ) -> Result<ArPlayback> {
        let playback = Arc::new(playback_now(ctx.app(), unique_id).await?);
        if let Some(told) = ctx.data_opt::<ToldPlaybacks>() {
            told.add(&playback);
        }
        Ok(ArPlayback(playback))
    }

    /// What one request may ask for.
    async fn service_limits(&self) -> ServiceLimits {
        ServiceLimits
    }
}

/// Refuses callers that nobody knows.
pub(crate) fn known(ctx: &Context<'_>) -> Result<()> {
    if ctx.viewer().is_anonymous() { Err(Error::Unauthenticated.into()) } else { Ok(()) }
}

/// Refuses callers that may see no such row anywhere.
pub(crate) fn allowed<T: NodeType>(ctx: &Context<'_>) -> Result<()> {
    Ok(require(ctx.viewer(), T::Row::NEEDS)?)
}

pub(crate) async fn by_id<T: NodeType>(ctx: &Context<'_>, id: &ID) -> Result<Option<T>>
where
    T::Row: crate::global_id::Tagged,
{
    allowed::<T>(ctx)?;
    ctx.one(NodeId::<T::Row>::parse(id).number()).await
}
