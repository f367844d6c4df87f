//! Subscriptions: one line each.

use async_graphql::Subscription;
use futures_util::Stream;

/// What can be followed live.
#[derive(Debug, Clone, Copy)]
pub struct Subscription;

/// What can be followed live, over a WebSocket.
#[Subscription]
impl Subscription {
    /// Nothing.
    async fn nothing(&self) -> impl Stream<Item = i32> {
        futures_util::stream::empty()
    }
}
