use std::sync::Arc;

use arvlite_db::models::{self, ViewEventKind};
use async_graphql::{Enum, Interface, SimpleObject, Union};
use chrono::{DateTime, Utc};

use super::ViewSession;
use crate::domain::view::{Cursor, GapReason, LogItem};
use crate::graphql::connection::PageInfo;

/// One entry of the ordered, resumable log.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "cursor", ty = "&String", desc = "The position to resume after."))]
pub enum StreamPosition {
    /// A view began.
    Started(ViewSessionStarted),
    /// A view went on.
    Progressed(ViewSessionProgressed),
    /// A view ended.
    Ended(ViewSessionEnded),
    /// Something is missing.
    Gap(StreamGap),
    /// The past is told.
    CaughtUp(StreamCaughtUp),
}

/// What a stream of views tells.
#[derive(Debug, Clone, Union)]
pub enum ViewStreamItem {
    /// A view began.
    Started(ViewSessionStarted),
    /// A view went on.
    Progressed(ViewSessionProgressed),
    /// A view ended.
    Ended(ViewSessionEnded),
    /// Something is missing.
    Gap(StreamGap),
    /// The past is told.
    CaughtUp(StreamCaughtUp),
}

/// A view began.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewSessionStarted {
    /// The position to resume after.
    pub cursor: String,
    /// When it was recorded.
    pub occurred_at: DateTime<Utc>,
    /// The view as it was then.
    pub view_session: ViewSession,
}

/// A view went on: longer, better or worse followed, or alive again after a silence.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewSessionProgressed {
    /// The position to resume after.
    pub cursor: String,
    /// When it was recorded.
    pub occurred_at: DateTime<Utc>,
    /// The view as it was then.
    pub view_session: ViewSession,
}

/// A view ended. A report that arrives late can correct an ended view: then this comes again, with a higher version.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewSessionEnded {
    /// The position to resume after.
    pub cursor: String,
    /// When it was recorded.
    pub occurred_at: DateTime<Utc>,
    /// The view as it was then.
    pub view_session: ViewSession,
    /// The phone fell silent instead of saying so. If it is heard of again, the view goes on.
    pub timed_out: bool,
}

/// Events between fromCursor and cursor are gone from this stream: resume at cursor, fetch the views or accept the loss,
/// but know it.
#[derive(Debug, Clone, SimpleObject)]
pub struct StreamGap {
    /// The position to resume after.
    pub cursor: String,
    /// What came before; null at the start of the log.
    pub from_cursor: Option<String>,
    /// Why they are gone.
    pub reason: StreamGapReason,
}

/// Why events are gone from a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "GapReason")]
pub enum StreamGapReason {
    /// They are older than the log is kept.
    Retention,
    /// They came faster than they were taken, for longer than a stream may be behind.
    SlowConsumer,
}

/// Everything recorded before this point has been delivered; what follows is live.
#[derive(Debug, Clone, SimpleObject)]
pub struct StreamCaughtUp {
    /// The position to resume after.
    pub cursor: String,
    /// When the log was read up to here.
    pub as_of: DateTime<Utc>,
}

/// A page of the log of views.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewEventConnection {
    /// The entries of this page with their cursors.
    pub edges: Vec<ViewEventEdge>,
    /// The entries of this page.
    pub nodes: Vec<ViewStreamItem>,
    /// Where this page stands in the log.
    pub page_info: PageInfo,
}

/// An entry of the log, with its place.
#[derive(Debug, Clone, SimpleObject)]
pub struct ViewEventEdge {
    /// The place: give it as `after`, here or in the subscription `viewEvents`.
    pub cursor: String,
    /// The entry.
    pub node: ViewStreamItem,
}

impl ViewStreamItem {
    /// What the API says of an item of the log; none of an event that a later program wrote.
    pub(crate) fn of(item: &LogItem) -> Option<Self> {
        match item {
            LogItem::Event(event) => Self::of_event(event),
            LogItem::CaughtUp { position, as_of } => {
                Some(Self::CaughtUp(StreamCaughtUp { cursor: Cursor(*position).to_string(), as_of: *as_of }))
            }
            LogItem::Gap { from, position, reason } => Some(Self::Gap(StreamGap {
                cursor: Cursor(*position).to_string(),
                from_cursor: from.map(|from| Cursor(from).to_string()),
                reason: (*reason).into(),
            })),
        }
    }

    fn of_event(event: &models::ViewEvent) -> Option<Self> {
        let view_session = ViewSession(Arc::clone(event.view_session.as_ref()?));
        let (cursor, occurred_at) = (Cursor(event.position).to_string(), event.recorded_at);
        let ended = |view_session, cursor, timed_out| {
            Self::Ended(ViewSessionEnded { cursor, occurred_at, view_session, timed_out })
        };
        Some(match event.kind {
            ViewEventKind::Started => Self::Started(ViewSessionStarted { cursor, occurred_at, view_session }),
            ViewEventKind::Progressed => Self::Progressed(ViewSessionProgressed { cursor, occurred_at, view_session }),
            ViewEventKind::Ended => ended(view_session, cursor, false),
            ViewEventKind::TimedOut => ended(view_session, cursor, true),
        })
    }
}
