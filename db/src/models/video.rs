//! A video that can play over an order's photo.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::NoFilter;
use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::schema::videos;

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
    filtered by NoFilter,
    child of ArContent by ar_content_id,
    child of Company by company_id,
);

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
