//! Bytes on their way in: what a client announced, how far they came, and the object that they became.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::uploads;

text_enum! {
    /// What is uploaded.
    UploadKind {
        /// The photo that is printed.
        Photo = "PHOTO",
        /// A video that plays over it.
        Video = "VIDEO",
    }
}

text_enum! {
    /// How far an upload came.
    UploadStatus {
        /// No byte arrived yet.
        Waiting = "WAITING",
        /// Bytes arrive.
        Receiving = "RECEIVING",
        /// All bytes are there.
        Received = "RECEIVED",
        /// They are examined.
        Processing = "PROCESSING",
        /// The object can be used.
        Ready = "READY",
        /// The bytes were refused.
        Failed = "FAILED",
        /// The client gave it up.
        Cancelled = "CANCELLED",
        /// The client never finished.
        Expired = "EXPIRED",
    }
}

/// A row of `uploads`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = uploads, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Upload {
    pub id: i64,
    pub company_id: i64,
    pub kind: UploadKind,
    pub status: UploadStatus,
    pub filename: String,
    pub declared_mime_type: String,
    pub declared_size_bytes: i64,
    pub received_bytes: i64,
    pub media_id: Option<i64>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

entity!(
    Upload in uploads as "upload", scoped by company_id, permanent,
    ordered by UploadOrder { CreatedAt: created_at as Time },
    filtered by UploadFilter,
    child of Company by company_id,
);

filter! {
    /// Which uploads a list holds.
    UploadFilter of uploads {
        company_id: reference,
        kind: value(UploadKind),
        status: value(UploadStatus),
        created_at: time,
    }
}

/// What a new upload needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = uploads)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewUpload {
    pub company_id: i64,
    pub kind: UploadKind,
    pub status: UploadStatus,
    pub filename: String,
    pub declared_mime_type: String,
    pub declared_size_bytes: i64,
    pub received_bytes: i64,
    pub media_id: Option<i64>,
    pub expires_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
}

insertable!(Upload from NewUpload in uploads);
