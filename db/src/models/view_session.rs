//! One view of one phone.

use std::borrow::Borrow;

use chrono::{DateTime, Utc};
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Array, Bool, Int4, Int8, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{Narrows, entity};
use crate::enums::text_enum;
use crate::predicate::{Predicate, TimeFilter, time_conditions};
use crate::prepared::Prepared;
use crate::schema::ar_view_sessions;
use crate::{Filter, Result, Session, Tx};

text_enum! {
    /// Which rule chose a video.
    PlaybackSource {
        /// A rule for a date.
        DateRule = "DATE_RULE",
        /// A window.
        Schedule = "SCHEDULE",
        /// A rotation rule.
        Rotation = "ROTATION",
        /// The operator's choice.
        Pin = "PIN",
        /// No rule: the first in order.
        Default = "DEFAULT",
        /// Nothing plays.
        None = "NONE",
    }
}

text_enum! {
    /// How a view stands.
    ViewSessionStatus {
        /// The phone still reports.
        Active = "ACTIVE",
        /// The phone said that it ended.
        Ended = "ENDED",
        /// The phone fell silent.
        TimedOut = "TIMED_OUT",
    }
}

text_enum! {
    /// How well the phone follows the photo.
    TrackingQuality {
        /// Steady.
        Good = "GOOD",
        /// With small jumps.
        Fair = "FAIR",
        /// Hardly.
        Poor = "POOR",
        /// Not any more.
        Lost = "LOST",
        /// It did not say.
        Unknown = "UNKNOWN",
    }
}

text_enum! {
    /// What kind of device looks.
    DeviceType {
        /// A phone.
        Mobile = "MOBILE",
        /// A tablet.
        Tablet = "TABLET",
        /// A computer.
        Desktop = "DESKTOP",
        /// A program: it is not counted.
        Bot = "BOT",
        /// It did not say.
        Unknown = "UNKNOWN",
    }
}

/// A row of `ar_view_sessions`.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = ar_view_sessions, check_for_backend(Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct ViewSession {
    pub id: i64,
    pub company_id: i64,
    pub project_id: i64,
    pub ar_content_id: i64,
    pub video_id: Option<i64>,
    pub session_id: Uuid,
    pub source: PlaybackSource,
    pub status: ViewSessionStatus,
    pub device_type: DeviceType,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub country: Option<String>,
    pub city: Option<String>,
    pub network: Option<String>,
    pub duration_seconds: Option<i32>,
    pub tracking_quality: TrackingQuality,
    pub tracking_quality_second: i32,
    pub video_played: bool,
    pub version: i32,
    pub started_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

entity!(
    ViewSession in ar_view_sessions as "viewSession", scoped by company_id, permanent,
    ordered by ViewSessionOrder { StartedAt: started_at as Time },
    filtered by ViewSessionFilter,
    child of ArContent by ar_content_id,
    child of Project by project_id,
    child of Company by company_id,
);

/// Which views a list holds. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[expect(missing_docs, reason = "named after the columns")]
pub struct ViewSessionFilter {
    pub company_id: Option<i64>,
    pub project_id: Option<i64>,
    pub ar_content_id: Option<i64>,
    pub statuses: Option<Vec<ViewSessionStatus>>,
    pub device_types: Option<Vec<DeviceType>>,
    pub countries: Option<Vec<String>>,
    pub started_at: Option<TimeFilter>,
}

impl Filter for ViewSessionFilter {}

impl Narrows<ar_view_sessions::table> for ViewSessionFilter {
    fn conditions(&self) -> Vec<Predicate<ar_view_sessions::table>> {
        let mut conditions: Vec<Predicate<ar_view_sessions::table>> = Vec::new();
        if let Some(id) = self.company_id {
            conditions.push(Box::new(ar_view_sessions::company_id.eq(id)));
        }
        if let Some(id) = self.project_id {
            conditions.push(Box::new(ar_view_sessions::project_id.eq(id)));
        }
        if let Some(id) = self.ar_content_id {
            conditions.push(Box::new(ar_view_sessions::ar_content_id.eq(id)));
        }
        match self.statuses.as_deref() {
            None => {}
            Some([ViewSessionStatus::Active]) => conditions.push(Box::new(IsActive)),
            Some(statuses) => conditions.push(Box::new(ar_view_sessions::status.eq_any(statuses.to_vec()))),
        }
        if let Some(device_types) = &self.device_types {
            conditions.push(Box::new(ar_view_sessions::device_type.eq_any(device_types.clone())));
        }
        if let Some(countries) = &self.countries {
            conditions.push(Box::new(ar_view_sessions::country.eq_any(countries.clone()).assume_not_null()));
        }
        if let Some(filter) = &self.started_at {
            time_conditions!(conditions, ar_view_sessions::started_at, filter);
        }
        conditions
    }
}

/// Says that a view goes on. As a literal, for the few views that do have indexes of their own, and a plan that is made
/// once for all values of a bind cannot use them.
#[derive(Debug, Clone, Copy, QueryId)]
struct IsActive;

impl Expression for IsActive {
    type SqlType = Bool;
}

impl QueryFragment<Pg> for IsActive {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("ar_view_sessions.status = 'ACTIVE'");
        Ok(())
    }
}

impl AppearsOnTable<ar_view_sessions::table> for IsActive {}
impl SelectableExpression<ar_view_sessions::table> for IsActive {}
impl<G> ValidGrouping<G> for IsActive {
    type IsAggregate = is_aggregate::Never;
}

/// The columns of [`ViewSession`].
pub(super) type Row = diesel::dsl::SqlTypeOf<diesel::dsl::AsSelect<ViewSession, Pg>>;

/// A hand-written statement, and after it the columns of [`ViewSession`].
macro_rules! giving_views {
    ($text:literal, $rest:literal) => {
        Prepared::<Row>::new(concat!(
            $text,
            " id, company_id, project_id, ar_content_id, video_id, session_id, source, status, device_type, browser, os,
                country, city, network, duration_seconds, tracking_quality, tracking_quality_second, video_played,
                version, started_at, updated_at, last_seen_at, ended_at ",
            $rest
        ))
    };
}

pub(super) use giving_views;

impl ViewSession {
    /// The view of this session id.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_session_id(session: &Session, session_id: Uuid) -> Result<Option<Self>> {
        let row = ar_view_sessions::table.filter(ar_view_sessions::session_id.eq(session_id)).select(Self::as_select());
        let row: Option<Self> = row.get_result(&mut *session.connection().await?).await.optional()?;
        Ok(row.filter(|view| session.scope().holds(view.company_id)))
    }

    /// The views of these session ids, in the order of their ids, which nobody else changes until the transaction
    /// ends.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn lock_all(tx: &Tx, session_ids: &[Uuid]) -> Result<Vec<Self>> {
        let rows = ar_view_sessions::table
            .filter(ar_view_sessions::session_id.eq_any(session_ids.to_vec()))
            .order(ar_view_sessions::id)
            .select(Self::as_select())
            .for_no_key_update();
        Ok(rows.load(&mut *tx.connection().await?).await?)
    }

    /// Views that were last heard of before this instant and that no other process is at, oldest first.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn lock_silent(tx: &Tx, before: DateTime<Utc>, limit: i64) -> Result<Vec<Self>> {
        // The status is no bind: only a plan that knows it can use the index of the active ones.
        let rows = giving_views!(
            "SELECT",
            "FROM ar_view_sessions WHERE status = 'ACTIVE' AND last_seen_at < ?
             ORDER BY last_seen_at LIMIT ? FOR NO KEY UPDATE SKIP LOCKED"
        )
        .bind::<Timestamptz, _>(before)
        .bind::<Int8, _>(limit);
        Ok(rows.load(&mut *tx.connection().await?).await?)
    }

    /// Stores what can change in a view.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub async fn save_all(tx: &Tx, views: &[impl Borrow<Self> + Sync]) -> Result<()> {
        Prepared::<()>::new(
            "UPDATE ar_view_sessions AS view SET status = new.status, duration_seconds = new.duration_seconds,
                tracking_quality = new.tracking_quality, tracking_quality_second = new.tracking_quality_second,
                video_played = new.video_played, version = new.version, updated_at = new.updated_at,
                last_seen_at = new.last_seen_at, ended_at = new.ended_at
             FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS new(id, status, duration_seconds, tracking_quality,
                tracking_quality_second, video_played, version, updated_at, last_seen_at, ended_at)
             WHERE view.id = new.id",
        )
        .bind::<Array<Int8>, Vec<i64>>(views.iter().map(Borrow::borrow).map(|view: &Self| view.id).collect())
        .bind::<Array<Text>, Vec<ViewSessionStatus>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.status).collect(),
        )
        .bind::<Array<Nullable<Int4>>, Vec<Option<i32>>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.duration_seconds).collect(),
        )
        .bind::<Array<Text>, Vec<TrackingQuality>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.tracking_quality).collect(),
        )
        .bind::<Array<Int4>, Vec<i32>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.tracking_quality_second).collect(),
        )
        .bind::<Array<Bool>, Vec<bool>>(views.iter().map(Borrow::borrow).map(|view: &Self| view.video_played).collect())
        .bind::<Array<Int4>, Vec<i32>>(views.iter().map(Borrow::borrow).map(|view: &Self| view.version).collect())
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.updated_at).collect(),
        )
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.last_seen_at).collect(),
        )
        .bind::<Array<Nullable<Timestamptz>>, Vec<Option<DateTime<Utc>>>>(
            views.iter().map(Borrow::borrow).map(|view: &Self| view.ended_at).collect(),
        )
        .execute(&mut *tx.connection().await?)
        .await?;
        Ok(())
    }
}
