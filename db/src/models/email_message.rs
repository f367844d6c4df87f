//! Mail that waits to be sent, and what became of it.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::email_queue;

text_enum! {
    /// How far a mail came.
    EmailStatus {
        /// It waits for its turn.
        Pending = "PENDING",
        /// It is handed over.
        Sending = "SENDING",
        /// A mail server took it.
        Sent = "SENT",
        /// It was given up.
        Failed = "FAILED",
    }
}

/// A row of `email_queue` without what only the recipient may read: texts, variables and hidden recipients are never
/// read where something could tell them.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = email_queue, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct EmailMessage {
    pub id: i64,
    pub company_id: i64,
    pub recipient_to: String,
    pub recipient_cc: Option<String>,
    pub subject: String,
    pub template_id: Option<String>,
    pub status: EmailStatus,
    pub attempts: i32,
    pub max_attempts: i32,
    #[serde(skip)]
    pub last_error: Option<String>,
    pub priority: i32,
    pub scheduled_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

entity!(
    EmailMessage in email_queue as "emailMessage", scoped by company_id, permanent,
    ordered by EmailMessageOrder { CreatedAt: created_at as Time },
    filtered by EmailMessageFilter,
    child of Company by company_id,
);

filter! {
    /// Which mails a list holds; `search` looks at recipient and subject.
    EmailMessageFilter of email_queue {
        company_id: reference,
        recipient_to: text,
        status: value(EmailStatus),
        created_at: time,
    } searched in recipient_to, subject
}

/// What a new mail needs. It is not printed, also not for debugging: its text is for the recipient alone.
#[derive(Insertable)]
#[diesel(table_name = email_queue)]
#[expect(missing_docs, reason = "the columns are told at the row and in the migrations")]
pub struct NewEmailMessage {
    pub company_id: i64,
    pub recipient_to: String,
    pub recipient_cc: Option<String>,
    pub recipient_bcc: Option<String>,
    pub subject: String,
    pub body: String,
    pub html: Option<String>,
    pub template_id: Option<String>,
    pub variables: serde_json::Value,
    pub status: EmailStatus,
    pub attempts: i32,
    pub max_attempts: i32,
    pub last_error: Option<String>,
    pub priority: i32,
    pub scheduled_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(EmailMessage from NewEmailMessage in email_queue);
