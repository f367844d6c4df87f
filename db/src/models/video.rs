//! A video that can play over an order's photo.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::edit::editable;
use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::videos;
use crate::{Result, Session};

text_enum! {
    /// How far a video's bytes came.
    VideoStatus {
        /// The bytes are there.
        Uploaded = "UPLOADED",
        /// They are examined.
        Processing = "PROCESSING",
        /// It can play.
        Ready = "READY",
        /// The bytes could not be used.
        Failed = "FAILED",
    }
}

/// A row of `videos`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = videos, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Video {
    pub id: i64,
    pub company_id: i64,
    pub ar_content_id: i64,
    pub media_id: Option<i64>,
    pub filename: String,
    pub status: VideoStatus,
    pub failure: Option<String>,
    pub is_active: bool,
    pub rotation_order: i32,
    pub subscription_end: Option<DateTime<Utc>>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    Video in videos as "video", scoped by company_id, deletable,
    ordered by VideoOrder { CreatedAt: created_at as Time },
    filtered by VideoFilter,
    child of ArContent by ar_content_id,
    child of Company by company_id,
);

filter! {
    /// Which videos a list holds; `search` looks at the name of the file.
    VideoFilter of videos {
        company_id: reference,
        ar_content_id: reference,
        filename: text,
        status: value(VideoStatus),
        is_active: value(bool),
        subscription_end: time,
        created_at: time,
    } searched in filename
}

/// What a new video needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = videos)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewVideo {
    pub company_id: i64,
    pub ar_content_id: i64,
    pub media_id: Option<i64>,
    pub filename: String,
    pub status: VideoStatus,
    pub is_active: bool,
    pub rotation_order: i32,
    pub subscription_end: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(Video from NewVideo in videos);

editable! {
    /// What clients may change of a video.
    VideoEdit of Video in videos {
        is_active: bool,
        rotation_order: i32,
        subscription_end: Option<DateTime<Utc>>,
    }
}

impl Video {
    /// Whether an order has a live video that can play.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn any_is_ready(session: &Session, ar_content_id: i64) -> Result<bool> {
        let ready = videos::table
            .filter(videos::ar_content_id.eq(ar_content_id))
            .filter(videos::deleted_at.is_null())
            .filter(videos::status.eq(VideoStatus::Ready));
        Ok(diesel::select(diesel::dsl::exists(ready)).get_result(&mut *session.connection().await?).await?)
    }

    /// The place behind all live videos of an order.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn next_rotation_order(session: &Session, ar_content_id: i64) -> Result<i32> {
        let last = videos::table
            .filter(videos::ar_content_id.eq(ar_content_id))
            .filter(videos::deleted_at.is_null())
            .select(diesel::dsl::max(videos::rotation_order));
        let last: Option<i32> = last.get_result(&mut *session.connection().await?).await?;
        Ok(last.map_or(0, |last| last.saturating_add(1)))
    }
}
