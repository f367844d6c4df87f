use async_graphql::{Context, Object, SimpleObject};

use crate::config::{Budget, Limits};
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

/// What callers of one kind may spend. Operations draw what they may cost before they run, events of subscriptions what
/// they cost when they come; what was not needed is given back.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub struct CostBudget {
    /// What can be spent at once.
    maximum_available: i64,
    /// What comes back each second, up to the maximum.
    restore_rate: i64,
    /// The part of the maximum that only mutations may draw. An event that finds no more than this waits, and is told
    /// later; nothing is left out.
    kept_for_mutations: i64,
}

impl From<Budget> for CostBudget {
    fn from(budget: Budget) -> Self {
        Self {
            maximum_available: long(budget.maximum),
            restore_rate: long(budget.restore),
            kept_for_mutations: long(budget.kept_for_mutations()),
        }
    }
}

fn long(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
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

    /// Bytes of a document, comments and texts in it included: variables take what is longer.
    async fn max_document_bytes(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).document_bytes)
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

    /// What one operation may cost: an object 1, a list 1 and for each row that it may have what a row costs, a mutation
    /// 10 and its selection, scalars nothing. A refusal names the dearest lists, and how many rows would fit.
    async fn max_cost(&self, ctx: &Context<'_>) -> i64 {
        long(limits(ctx).cost)
    }

    /// What you may spend who signed in, or your API key.
    async fn budget(&self, ctx: &Context<'_>) -> CostBudget {
        limits(ctx).of_credentials().into()
    }

    /// What all may spend who did not sign in and come from one address, or from one network of IPv6.
    async fn anonymous_budget(&self, ctx: &Context<'_>) -> CostBudget {
        limits(ctx).of_addresses().into()
    }

    /// What all phones may spend that come from one address: `arPlayback` and view sessions, without signing in.
    async fn phones_budget(&self, ctx: &Context<'_>) -> CostBudget {
        limits(ctx).of_phones().into()
    }

    /// Operations of one person or API key that run at once; more wait a moment, and are then refused.
    async fn max_running_operations(&self, ctx: &Context<'_>) -> i32 {
        int(limits(ctx).running)
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

    /// Events that a subscription of `viewEvents` may be behind what happens, once it was live, before it is told
    /// `StreamGap` and goes on with what is new. How far back it resumes is not limited by this.
    async fn max_stream_backlog_events(&self, ctx: &Context<'_>) -> i64 {
        limits(ctx).stream_backlog_events
    }
}
