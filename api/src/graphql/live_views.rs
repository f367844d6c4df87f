//! Who looks now: as a query, and as it changes.

use std::ops::RangeInclusive;

use async_graphql::Context;
use futures_util::{Stream, StreamExt};

use super::context::ContextExt;
use super::error::Result;
use super::query;
use super::scalars::Duration;
use super::types::{LiveViewStats, ViewSession};
use super::views::AnalyticsScope;
use crate::domain::Error;
use crate::domain::view::{self, PACES, PictureOf, WINDOWS};

/// How far back a window reaches, unless it is said.
pub(crate) const WINDOW: Duration = Duration(std::time::Duration::from_secs(300));

/// How long it is from one picture to the next, unless it is said.
pub(crate) const PACE: Duration = Duration(std::time::Duration::from_secs(2));

/// The picture as it is now.
pub(crate) async fn now(ctx: &Context<'_>, scope: AnalyticsScope, window: Duration) -> Result<LiveViewStats> {
    let of = picture_of(ctx, scope, window)?;
    Ok(LiveViewStats(view::live_stats(ctx.app(), ctx.viewer(), of).await?.into()))
}

/// The picture as it changes.
pub(crate) async fn follow(
    ctx: &Context<'_>,
    scope: AnalyticsScope,
    window: Duration,
    every: Duration,
) -> Result<impl Stream<Item = Result<LiveViewStats>> + use<>> {
    let of = picture_of(ctx, scope, window)?;
    let pace = within("every", every, &PACES)?;
    let pictures = view::follow_live_stats(ctx.app(), ctx.viewer(), of, pace).await?;
    Ok(pictures.map(|picture| Ok(LiveViewStats(picture?))))
}

fn picture_of(ctx: &Context<'_>, scope: AnalyticsScope, window: Duration) -> Result<PictureOf> {
    query::allowed::<ViewSession>(ctx)?;
    Ok(PictureOf { scope: scope.log_scope(), window: within("window", window, &WINDOWS)? })
}

fn within(field: &str, length: Duration, allowed: &RangeInclusive<std::time::Duration>) -> Result<std::time::Duration> {
    if allowed.contains(&length.0) {
        return Ok(length.0);
    }
    let [least, most] = [*allowed.start(), *allowed.end()].map(|bound| Duration(bound).to_string());
    Err(Error::bad_request(field, format!("must be from {least} to {most}")).into())
}
