use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::ArContent;
use crate::domain::Error;
use crate::domain::view::{ContentNow, MOST_LIVE_CONTENTS, Picture};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;

/// Who looks now.
#[derive(Debug, Clone)]
pub struct LiveViewStats(pub(crate) Arc<Picture>);

/// A live picture: who looks now, and who came and went in the window before. Programs are not counted.
#[Object]
impl LiveViewStats {
    /// The instant of the picture; the window ends here.
    async fn as_of(&self) -> DateTime<Utc> {
        self.0.as_of
    }

    /// Views that go on.
    async fn active_sessions(&self) -> i64 {
        self.0.counted.active
    }

    /// Views that began in the window, going on or over.
    async fn started_in_window(&self) -> i64 {
        self.0.counted.started
    }

    /// Views that ended in the window. One whose phone falls silent ended when it was last heard of, which shows a
    /// minute later.
    async fn ended_in_window(&self) -> i64 {
        self.0.counted.ended
    }

    /// How long the video played on average, in seconds, in the views that go on or ended in the window; null where
    /// none of them has said so.
    async fn average_seconds(&self) -> Option<f64> {
        self.0.counted.average_seconds()
    }

    /// The orders with the most views that go on, then with the most that began in the window.
    async fn top_contents(
        &self,
        #[graphql(desc = "How many at most, 1 to 50.", default = 5)] first: i32,
    ) -> Result<Vec<LiveContent>> {
        let first = usize::try_from(first).ok().filter(|first| (1..=MOST_LIVE_CONTENTS).contains(first));
        let message = || format!("`first` must be from 1 to {MOST_LIVE_CONTENTS}");
        let first = first.ok_or_else(|| Error::bad_request("first", message()))?;
        Ok(self.0.counted.contents.iter().take(first).copied().map(LiveContent).collect())
    }

    /// Views that go on by kind of device, most first; only kinds that there are.
    async fn by_device(&self) -> Vec<LiveShare> {
        let shares = self.0.counted.devices.iter();
        shares.map(|(device, active)| LiveShare { value: device.as_str(), active_sessions: *active }).collect()
    }
}

/// An order in a live picture.
#[derive(Debug, Clone, Copy)]
pub struct LiveContent(ContentNow);

/// An order in a live picture.
#[Object]
impl LiveContent {
    /// The order.
    async fn ar_content(&self, ctx: &Context<'_>) -> Result<ArContent> {
        ctx.the(self.0.ar_content_id).await
    }

    /// Views of it that go on.
    async fn active_sessions(&self) -> i64 {
        self.0.active
    }

    /// Views of it that began in the window, going on or over.
    async fn started_in_window(&self) -> i64 {
        self.0.started
    }
}

/// A part of the views that go on.
#[derive(Debug, Clone, SimpleObject)]
pub struct LiveShare {
    /// What they have in common, such as MOBILE.
    pub value: &'static str,
    /// How many they are.
    pub active_sessions: i64,
}
