use async_graphql::{Context, Object};

use crate::config::Limits;
use crate::graphql::context::ContextExt;
use crate::graphql::scalars::Bytes;

/// What one request may ask for.
#[derive(Debug, Clone, Copy)]
pub struct ServiceLimits;

fn limits<'a>(ctx: &'a Context<'_>) -> &'a Limits {
    &ctx.app().config.limits
}

fn int(limit: usize) -> i32 {
    i32::try_from(limit).unwrap_or(i32::MAX)
}

fn bytes(limit: u64) -> Bytes {
    Bytes(i64::try_from(limit).unwrap_or(i64::MAX))
}

/// What one request may ask for; more is refused with an error that says so.
#[Object]
impl ServiceLimits {
    /// Fields on a path, the leaf among them.
    async fn max_depth(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).depth)
    }

    /// Fields after fragments are expanded.
    async fn max_fields(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).fields)
    }

    /// Aliases in an operation.
    async fn max_aliases(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).aliases)
    }

    /// Tokens in a document.
    async fn max_tokens(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).tokens)
    }

    /// Rows of one page.
    async fn max_page_size(&self, ctx: &Context<'_>) -> i32 {
        limits(ctx).page_size
    }

    /// Rows that a page has unless it is said.
    async fn default_page_size(&self, ctx: &Context<'_>) -> i32 {
        limits(ctx).default_page_size
    }

    /// Bytes of a photo.
    async fn max_photo_bytes(&self, ctx: &Context<'_>) -> Bytes {
        bytes(limits(ctx).photo_bytes)
    }

    /// Bytes of a video.
    async fn max_video_bytes(&self, ctx: &Context<'_>) -> Bytes {
        bytes(limits(ctx).video_bytes)
    }

    /// Operations that run on one socket at once.
    async fn max_subscriptions_per_socket(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).socket_operations)
    }
}
