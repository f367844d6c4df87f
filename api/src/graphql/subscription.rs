//! Subscriptions: one line each.

use async_graphql::{Context, Subscription};
use futures_util::Stream;

use super::error::Result;
use super::types::ViewStreamItem;
use super::views::{self, AnalyticsScope, ViewStreamWhere};

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
}
