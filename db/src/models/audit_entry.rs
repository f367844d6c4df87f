//! Who changed what. Rows are only ever added.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::enums::text_enum;
use crate::schema::audit_log;
use crate::{Result, Tx};

text_enum! {
    /// What kind of caller changed something.
    ActorKind {
        /// A person.
        User = "USER",
        /// A partner's program.
        ApiKey = "API_KEY",
        /// The program itself, or its operator at the command line.
        System = "SYSTEM",
    }
}

/// What a new entry needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_log)]
#[expect(missing_docs, reason = "the columns are told in the migrations")]
pub struct NewAuditEntry {
    pub company_id: Option<i64>,
    pub entity_type: String,
    pub entity_id: i64,
    pub action: String,
    pub changes: serde_json::Value,
    pub actor_kind: ActorKind,
    pub actor_id: Option<i64>,
    pub actor_email: Option<String>,
    pub actor_ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl NewAuditEntry {
    /// Adds the entry to the log.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn insert(&self, tx: &Tx) -> Result<()> {
        diesel::insert_into(audit_log::table).values(self).execute(&mut *tx.connection().await?).await?;
        Ok(())
    }
}
