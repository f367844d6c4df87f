//! The log of views as it happens: each process reads new events once (`live.rs`) and tells all who follow.
//!
//! The order of positions is the order of commits, so whoever has read up to a position misses nothing by reading on
//! from there. A follower (`follower.rs`) reads the past by itself and then joins; whenever what is told live does not
//! continue where it stands, because it was slow or the database was away, it reads the missing part by itself again.
//! What nobody can read any more is told as a gap.

use std::sync::Arc;

use arvlite_db::models::{ArContent, Company, Project, ViewEvent, ViewLogScope};
use arvlite_db::{Entity, Scope, Session};
use chrono::{DateTime, Utc};
use futures_util::Stream;

use super::cursor::Cursor;
use super::follower::Follower;
use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::domain::{Error, Result};

/// What a follower is told.
#[derive(Debug, Clone)]
pub enum LogItem {
    /// Something happened to a view.
    Event(Arc<ViewEvent>),
    /// Everything recorded up to this position has been told; what follows is live.
    CaughtUp {
        /// The position.
        position: i64,
        /// When that was.
        as_of: DateTime<Utc>,
    },
    /// What happened between two positions cannot be told.
    Gap {
        /// What was told last; none at the start of the log.
        from: Option<i64>,
        /// Where it goes on.
        position: i64,
        /// Why.
        reason: GapReason,
    },
}

/// Why something cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapReason {
    /// It is older than the log is kept.
    Retention,
    /// Whoever follows was too far behind.
    SlowConsumer,
}

/// Which part of the log is followed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stretch {
    /// What was recorded after this, or from now on.
    pub after: Option<Cursor>,
    /// Whoever follows was live already: it may be so far behind, and no further.
    pub was_live: bool,
    /// It ends with [`LogItem::CaughtUp`].
    pub only_the_past: bool,
    /// A past ends about here, without a word, if that comes first: not before its first event, and at most a page later.
    pub until: Option<Cursor>,
}

impl LogItem {
    /// Where it stands in the log.
    #[must_use]
    pub fn position(&self) -> i64 {
        match self {
            Self::Event(event) => event.position,
            Self::CaughtUp { position, .. } | Self::Gap { position, .. } => *position,
        }
    }
}

/// What somebody may follow: the company, project or order, if it is theirs to see.
///
/// # Errors
/// When it does not exist or is not theirs, which is the same.
pub async fn resolve(app: &App, viewer: &Viewer, of: ViewLogScope) -> Result<Session> {
    if of == ViewLogScope::Everything {
        let session = app.db.session(viewer.scope(Permission::ReadAnalytics));
        return if *session.scope() == Scope::Everything { Ok(session) } else { Err(Error::NotFound) };
    }
    Ok(resolve_in_company(app, viewer, of).await?.0)
}

/// The same for a part of one company, and which company that is.
///
/// # Errors
/// When it does not exist or is not theirs, which is the same; or when it is no part of one company.
pub async fn resolve_in_company(app: &App, viewer: &Viewer, of: ViewLogScope) -> Result<(Session, i64)> {
    let session = app.db.session(viewer.scope(Permission::ReadAnalytics));
    let company_id = match of {
        ViewLogScope::Everything => None,
        ViewLogScope::Company(id) => Company::by_ids(&session, &[id]).await?.first().map(|company| company.id),
        ViewLogScope::Project(id) => Project::by_ids(&session, &[id]).await?.first().map(|project| project.company_id),
        ViewLogScope::ArContent(id) => ArContent::by_ids(&session, &[id]).await?.first().map(|order| order.company_id),
    };
    Ok((session, company_id.ok_or(Error::NotFound)?))
}

/// A page of the log after a cursor, or from its start, oldest first; and whether there is more. What was dropped of it
/// is its first entry, as a gap.
///
/// # Errors
/// When there is nothing that the viewer may read, or the cursor is none of this log.
pub async fn page(
    app: &App,
    viewer: &Viewer,
    of: ViewLogScope,
    after: Option<Cursor>,
    limit: i64,
) -> Result<(Vec<LogItem>, bool)> {
    let session = resolve(app, viewer, of).await?;
    let Cursor(position) = after.unwrap_or(Cursor(0));
    if position > 0 && position > ViewEvent::newest_position(&session).await? {
        return Err(Error::InvalidCursor);
    }
    let events = ViewEvent::after(&session, of, position, limit + 1).await?;
    // Read after them, so that none of them can be missing unseen.
    let dropped = ViewEvent::dropped_through(&session).await?;
    let from = after.map(|Cursor(position)| position);
    let gap = LogItem::Gap { from, position: dropped, reason: GapReason::Retention };
    let gap = (dropped > position).then_some(gap);
    let kept = events.into_iter().filter(|event| event.position > dropped);
    let mut items: Vec<LogItem> = gap.into_iter().chain(kept.map(|event| LogItem::Event(Arc::new(event)))).collect();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    Ok((items, more))
}

/// Follows the log: from after a cursor, or from now.
///
/// With a cursor all that was recorded after it comes first, then [`LogItem::CaughtUp`] once, then what happens. Without
/// one, it comes at once. Nothing is left out unsaid and nothing comes twice. The stream ends with the process, or after
/// an error that would come again.
///
/// # Errors
/// When there is nothing that the viewer may follow, or the cursor is none of this log.
pub async fn follow(
    app: &App,
    viewer: &Viewer,
    of: ViewLogScope,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<LogItem>> + Send + use<>> {
    follow_stretch(app, viewer, of, Stretch { after, ..Stretch::default() }).await
}

/// Follows a part of the log.
///
/// # Errors
/// As [`follow`].
pub async fn follow_stretch(
    app: &App,
    viewer: &Viewer,
    of: ViewLogScope,
    stretch: Stretch,
) -> Result<impl Stream<Item = Result<LogItem>> + Send + use<>> {
    let session = resolve(app, viewer, of).await?;
    Ok(Follower::begin(app, session, of, stretch).await?.into_stream())
}
