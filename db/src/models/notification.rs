//! Something that happened in a studio, told to its people.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::notifications;

text_enum! {
    /// What a notification is about.
    NotificationType {
        /// An order was created.
        ArContentCreated = "AR_CONTENT_CREATED",
        /// An order's code plays.
        ArReady = "AR_READY",
        /// An order's term ends soon.
        ExpiryWarning = "EXPIRY_WARNING",
        /// An order's term ended.
        Expired = "EXPIRED",
        /// The terms of a project's orders end soon.
        ProjectExpiring = "PROJECT_EXPIRING",
        /// The terms of a project's orders ended.
        ProjectExpired = "PROJECT_EXPIRED",
        /// Something in the program needs a person.
        SystemAlert = "SYSTEM_ALERT",
    }
}

/// A row of `notifications`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = notifications, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Notification {
    pub id: i64,
    pub company_id: i64,
    pub project_id: Option<i64>,
    pub ar_content_id: Option<i64>,
    pub notification_type: NotificationType,
    pub subject: Option<String>,
    pub message: Option<String>,
    pub metadata: serde_json::Value,
    pub email_sent: bool,
    pub email_sent_at: Option<DateTime<Utc>>,
    pub email_attempts: i32,
    #[serde(skip)]
    pub email_error: Option<String>,
    pub telegram_sent: bool,
    pub telegram_sent_at: Option<DateTime<Utc>>,
    pub telegram_attempts: i32,
    #[serde(skip)]
    pub telegram_error: Option<String>,
    pub read_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

entity!(
    Notification in notifications as "notification", scoped by company_id, permanent,
    ordered by NotificationOrder { CreatedAt: created_at as Time },
    filtered by NotificationFilter,
    child of Company by company_id,
);

filter! {
    /// Which notifications a list holds.
    NotificationFilter of notifications {
        company_id: reference,
        project_id: reference,
        ar_content_id: reference,
        notification_type: value(NotificationType),
        read_at: time,
        created_at: time,
    }
}

/// What a new notification needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = notifications)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewNotification {
    pub company_id: i64,
    pub project_id: Option<i64>,
    pub ar_content_id: Option<i64>,
    pub notification_type: NotificationType,
    pub subject: Option<String>,
    pub message: Option<String>,
    pub metadata: serde_json::Value,
    pub email_sent: bool,
    pub email_sent_at: Option<DateTime<Utc>>,
    pub email_attempts: i32,
    pub email_error: Option<String>,
    pub telegram_sent: bool,
    pub telegram_sent_at: Option<DateTime<Utc>>,
    pub telegram_attempts: i32,
    pub telegram_error: Option<String>,
    pub read_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

insertable!(Notification from NewNotification in notifications);
