//! What was done to the schema, when, and by whom. The runner of the migrations writes it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::enums::text_enum;
use crate::schema::migrations_log;

text_enum! {
    /// Which way a migration was run.
    MigrationAction {
        /// It was applied.
        Upgrade = "UPGRADE",
        /// It was reverted.
        Downgrade = "DOWNGRADE",
    }
}

text_enum! {
    /// How that went.
    MigrationRunStatus {
        /// It runs, or whoever ran it died.
        Started = "STARTED",
        /// All of it was done.
        Done = "DONE",
        /// It was refused; in a transaction nothing of it is left.
        Failed = "FAILED",
    }
}

/// A row of `migrations_log`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = migrations_log, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told where the table is made, in migrate/log.rs")]
pub struct MigrationRun {
    pub id: i64,
    pub revision: String,
    pub action: MigrationAction,
    pub status: MigrationRunStatus,
    pub checksum: String,
    pub program_version: String,
    pub database_role: String,
    pub operator: Option<String>,
    pub started_at: DateTime<Utc>,
    pub duration_ms: Option<i64>,
    pub failure: Option<String>,
}
