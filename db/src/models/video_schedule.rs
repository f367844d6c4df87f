//! A window of time in which a video plays.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::edit::editable;
use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::video_schedules;
use crate::{Result, Session, Tx};

text_enum! {
    /// Whether a window counts.
    VideoScheduleStatus {
        /// It does.
        Active = "ACTIVE",
        /// It is as if absent.
        Disabled = "DISABLED",
    }
}

/// A row of `video_schedules`: half open, from `start_time` up to, not including, `end_time`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = video_schedules, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct VideoSchedule {
    pub id: i64,
    pub company_id: i64,
    pub ar_content_id: i64,
    pub video_id: i64,
    pub start_time: DateTime<Utc>,
    pub end_time: DateTime<Utc>,
    pub priority: i32,
    pub status: VideoScheduleStatus,
    pub description: Option<String>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

entity!(
    VideoSchedule in video_schedules as "videoSchedule", scoped by company_id, permanent,
    ordered by VideoScheduleOrder { StartTime: start_time as Time },
    filtered by VideoScheduleFilter,
    child of ArContent by ar_content_id,
    child of Video by video_id,
    child of Company by company_id,
);

filter! {
    /// Which windows a list holds.
    VideoScheduleFilter of video_schedules {
        company_id: reference,
        ar_content_id: reference,
        video_id: reference,
        status: value(VideoScheduleStatus),
        start_time: time,
        end_time: time,
    }
}

/// What a new window needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = video_schedules)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewVideoSchedule {
    pub company_id: i64,
    pub ar_content_id: i64,
    pub video_id: i64,
    pub start_time: DateTime<Utc>,
    pub end_time: DateTime<Utc>,
    pub priority: i32,
    pub description: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(VideoSchedule from NewVideoSchedule in video_schedules);

editable! {
    /// What clients may change of a window.
    VideoScheduleEdit of VideoSchedule in video_schedules {
        start_time: DateTime<Utc>,
        end_time: DateTime<Utc>,
        priority: i32,
        status: VideoScheduleStatus,
        description: Option<String>,
    }
}

impl VideoSchedule {
    /// The windows of an order that count, share this priority and overlap this span, oldest first, all `but` one.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn overlapping(
        session: &Session,
        ar_content_id: i64,
        priority: i32,
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        but: Option<i64>,
    ) -> Result<Vec<Self>> {
        let rows = video_schedules::table
            .filter(video_schedules::ar_content_id.eq(ar_content_id))
            .filter(video_schedules::status.eq(VideoScheduleStatus::Active))
            .filter(video_schedules::priority.eq(priority))
            .filter(video_schedules::start_time.lt(end))
            .filter(video_schedules::end_time.gt(start))
            // No row has the number 0.
            .filter(video_schedules::id.ne(but.unwrap_or(0)))
            .order((video_schedules::start_time, video_schedules::id))
            .limit(100)
            .select(Self::as_select());
        let rows: Vec<Self> = rows.load(&mut *session.connection().await?).await?;
        Ok(rows.into_iter().filter(|window| session.scope().holds(window.company_id)).collect())
    }

    /// Removes a window: nothing points to one.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn remove(tx: &Tx, id: i64) -> Result<()> {
        diesel::delete(video_schedules::table.find(id)).execute(&mut *tx.connection().await?).await?;
        Ok(())
    }
}
