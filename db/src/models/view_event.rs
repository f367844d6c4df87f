//! The ordered log of what happened to views, which subscribers follow.
//!
//! The order of positions is the order of commits: [`NewViewEvent::append`] takes one advisory lock as the last step
//! before its transaction commits. So whoever has read up to a position misses nothing by asking for what is after it.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::deserialize::{FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Int8, Jsonb, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::enums::text_enum;
use crate::models::ViewSession;
use crate::prepared::Prepared;
use crate::schema::view_events;
use crate::{Result, Scope, Session, Tx};

/// Names the lock that orders the commits of all writers of the log.
const COMMIT_ORDER_LOCK: i64 = 0x4152_5649_4557_5321;

text_enum! {
    /// What happened to a view.
    ViewEventKind {
        /// It began.
        Started = "STARTED",
        /// It went on.
        Progressed = "PROGRESSED",
        /// The phone ended it.
        Ended = "ENDED",
        /// The phone fell silent.
        TimedOut = "TIMED_OUT",
    }
}

/// A row of `view_events`, with the view as it was after the event.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = view_events, check_for_backend(Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations")]
pub struct ViewEvent {
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    pub company_id: i64,
    pub project_id: i64,
    pub ar_content_id: i64,
    pub kind: ViewEventKind,
    /// The view as it was after the event; none if a later program wrote it in a shape unknown to this one.
    #[diesel(deserialize_as = StoredView)]
    pub view_session: Option<Arc<ViewSession>>,
}

/// A view as the log keeps it, read once for all who follow.
#[derive(FromSqlRow)]
pub struct StoredView(Option<Arc<ViewSession>>);

impl FromSql<Jsonb, Pg> for StoredView {
    fn from_sql(value: PgValue<'_>) -> diesel::deserialize::Result<Self> {
        // The first byte is the version of the format, which has been 1 ever since there is jsonb.
        let state = value.as_bytes().get(1..).and_then(|json| serde_json::from_slice(json).ok());
        Ok(Self(state.map(Arc::new)))
    }
}

impl From<StoredView> for Option<Arc<ViewSession>> {
    fn from(stored: StoredView) -> Self {
        stored.0
    }
}

/// Which events somebody follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ViewLogScope {
    /// All of them: what a process reads once for all its subscribers.
    Everything,
    /// Those of a company.
    Company(i64),
    /// Those of views that were seen under a project.
    Project(i64),
    /// Those of an order.
    ArContent(i64),
}

impl ViewLogScope {
    /// Whether an event is inside.
    #[must_use]
    pub fn holds(self, event: &ViewEvent) -> bool {
        match self {
            Self::Everything => true,
            Self::Company(id) => event.company_id == id,
            Self::Project(id) => event.project_id == id,
            Self::ArContent(id) => event.ar_content_id == id,
        }
    }
}

impl ViewEvent {
    /// The channel that is notified when events were appended.
    pub const CHANNEL: &str = "arvlite_view_events";

    /// The events after a position, oldest first.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn after(session: &Session, of: ViewLogScope, position: i64, limit: i64) -> Result<Vec<Self>> {
        let mut rows = Self::in_order_after(of, position).limit(limit).select(Self::as_select());
        rows = match session.scope() {
            Scope::Everything => rows,
            Scope::Companies(ids) => rows.filter(view_events::company_id.eq_any(ids.to_vec())),
            Scope::Nothing => return Ok(Vec::new()),
        };
        Ok(rows.load(&mut *session.connection().await?).await?)
    }

    pub(super) fn in_order_after(of: ViewLogScope, position: i64) -> view_events::BoxedQuery<'static, Pg> {
        let rows =
            view_events::table.filter(view_events::position.gt(position)).order(view_events::position).into_boxed();
        match of {
            ViewLogScope::Everything => rows,
            ViewLogScope::Company(id) => rows.filter(view_events::company_id.eq(id)),
            ViewLogScope::Project(id) => rows.filter(view_events::project_id.eq(id)),
            ViewLogScope::ArContent(id) => rows.filter(view_events::ar_content_id.eq(id)),
        }
    }

    /// Makes the log's partition of a UTC day, if it is not there.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn make_day(session: &Session, day: NaiveDate) -> Result<()> {
        Prepared::<()>::new("SELECT view_events_make_day(?)")
            .bind::<Date, _>(day)
            .execute(&mut *session.connection().await?)
            .await?;
        Ok(())
    }
}

/// An event that is about to happen.
#[derive(Debug, Clone)]
pub struct NewViewEvent {
    /// What happens.
    pub kind: ViewEventKind,
    /// The view as it is afterwards.
    pub view_session: ViewSession,
}

impl NewViewEvent {
    /// Appends events and wakes whoever listens, as the last step of a transaction: until it commits, no other writer
    /// appends.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn append(tx: &Tx, events: &[Self], now: DateTime<Utc>) -> Result<()> {
        let mut states = Vec::with_capacity(events.len());
        for event in events {
            let state = serde_json::to_value(&event.view_session)
                .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
            states.push(state);
        }
        let mut connection = tx.connection().await?;
        Prepared::<()>::new("SELECT pg_notify(?, ''), pg_advisory_xact_lock(?)")
            .bind::<Text, _>(ViewEvent::CHANNEL)
            .bind::<BigInt, _>(COMMIT_ORDER_LOCK)
            .execute(&mut *connection)
            .await?;
        Prepared::<()>::new(
            "INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
             SELECT ?, new.company_id, new.project_id, new.ar_content_id, new.kind, new.view_session
             FROM unnest(?, ?, ?, ?, ?)
                WITH ORDINALITY AS new(company_id, project_id, ar_content_id, kind, view_session, place)
             ORDER BY new.place",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Array<Int8>, Vec<i64>>(events.iter().map(|event| event.view_session.company_id).collect())
        .bind::<Array<Int8>, Vec<i64>>(events.iter().map(|event| event.view_session.project_id).collect())
        .bind::<Array<Int8>, Vec<i64>>(events.iter().map(|event| event.view_session.ar_content_id).collect())
        .bind::<Array<Text>, Vec<ViewEventKind>>(events.iter().map(|event| event.kind).collect())
        .bind::<Array<Jsonb>, Vec<serde_json::Value>>(states)
        .execute(&mut *connection)
        .await?;
        Ok(())
    }
}
