//! Subscriptions: one line each.

use arvlite_db::models::ArContent;
use async_graphql::{Context, Subscription};
use futures_util::{Stream, StreamExt};

use super::context::ContextExt;
use super::error::Result;
use super::live_views;
use super::scalars::Duration;
use super::types::{ActiveVideo, LiveViewStats, ViewStreamItem};
use super::views::{self, AnalyticsScope, ViewStreamWhere};
use crate::domain::playback::live;
use crate::global_id::NodeId;

/// What can be followed live.
#[derive(Debug, Clone, Copy)]
pub struct Subscription;

/// What can be followed live, over a WebSocket or as an event stream.
#[Subscription]
impl Subscription {
    /// What happens to views, in order. Resumable: give the last cursor that you saw as `after`, and everything
    /// recorded since comes first, then StreamCaughtUp, then what happens. Without it: StreamCaughtUp at once, then live.
    /// In an event stream the cursor is also the id of each event, and Last-Event-ID goes before `after`.
    async fn view_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "The cursor to resume after.")] after: Option<String>,
        #[graphql(name = "where", desc = "Which views.")] condition: Option<ViewStreamWhere>,
    ) -> Result<impl Stream<Item = Result<ViewStreamItem>>> {
        views::follow(ctx, scope, after, condition).await
    }

    /// Who looks now: the newest picture, at once and then whenever it has changed, at most once in `every`. While
    /// nothing changes it is told every 30 seconds.
    async fn live_view_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose views.")] scope: AnalyticsScope,
        #[graphql(desc = "How far back the window reaches, PT1S to PT1H.", default_with = "live_views::WINDOW")]
        window: Duration,
        #[graphql(
            desc = "The least time from one picture to the next, PT0.2S to PT30S.",
            default_with = "live_views::PACE"
        )]
        every: Duration,
    ) -> Result<impl Stream<Item = Result<LiveViewStats>>> {
        live_views::follow(ctx, scope, window, every).await
    }

    /// What an order plays: as it is now, at once, and then whenever the video or the reason changes, at the instant at
    /// which it does. Another rule that plays the same video is no change.
    async fn playback_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] ar_content_id: NodeId<ArContent>,
    ) -> Result<impl Stream<Item = ActiveVideo>> {
        let standings = live::follow(ctx.app(), ctx.viewer(), ar_content_id.number()).await?;
        Ok(standings.map(|standing| ActiveVideo::new(standing.at, standing.decision)))
    }
}
