//! Who changed what. Rows are only ever added.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::entity::entity;
use crate::enums::text_enum;
use crate::filter::filter;
use crate::predicate::Predicate;
use crate::schema::audit_log;
use crate::{Result, Scope, Tx};

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

/// A row of `audit_log`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = audit_log, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct AuditEntry {
    pub id: i64,
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

entity!(
    AuditEntry in audit_log as "auditEntry", scoped with of_companies, permanent,
    ordered by AuditEntryOrder { CreatedAt: created_at as Time },
    filtered by AuditEntryFilter,
    child of Company by entity_id named entity_type,
    child of Project by entity_id named entity_type,
    child of ArContent by entity_id named entity_type,
    child of Video by entity_id named entity_type,
    child of VideoSchedule by entity_id named entity_type,
    child of VideoRotationSchedule by entity_id named entity_type,
    child of Upload by entity_id named entity_type,
    child of User by entity_id named entity_type,
    child of ApiKey by entity_id named entity_type,
);

filter! {
    /// Which entries a list holds.
    AuditEntryFilter of audit_log {
        company_id: reference,
        entity_type: text,
        action: text,
        actor_kind: value(ActorKind),
        actor_email: text,
        request_id: text,
        created_at: time,
    }
}

/// What was done in the companies of the scope; what was done to people belongs to no company.
fn of_companies(scope: &Scope) -> Option<Predicate<audit_log::table>> {
    match scope {
        Scope::Everything => None,
        Scope::Companies(ids) => match **ids {
            [one] => Some(Box::new(audit_log::company_id.eq(Some(one)).assume_not_null())),
            _ => Some(Box::new(audit_log::company_id.eq_any(ids.to_vec()).assume_not_null())),
        },
        Scope::Nothing => Some(Box::new(false.into_sql::<diesel::sql_types::Bool>())),
    }
}

/// What a new entry needs.
#[derive(Debug, Insertable)]
// DEFAULT in place of a value would have it parsed anew at every write.
#[diesel(table_name = audit_log, treat_none_as_default_value = false)]
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
