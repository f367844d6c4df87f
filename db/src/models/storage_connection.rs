//! A place for the bytes of a company's media, and what it signs in with, which only this installation can read.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::storage_connections;
use crate::{Result, Session, Tx};

text_enum! {
    /// What kind of place it is.
    StorageProvider {
        /// The program's own folder.
        Local = "LOCAL",
        /// Amazon S3, or what speaks like it.
        S3 = "S3",
    }
}

text_enum! {
    /// How a test of a place ended.
    StorageTestStatus {
        /// Objects could be written, read and removed.
        Success = "SUCCESS",
        /// They could not.
        Error = "ERROR",
    }
}

/// A row of `storage_connections`, without its secrets: who needs those asks for them by name.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = storage_connections, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct StorageConnection {
    pub id: i64,
    pub company_id: i64,
    pub name: String,
    pub provider: StorageProvider,
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub bucket: Option<String>,
    pub base_path: Option<String>,
    pub secrets_set_at: Option<DateTime<Utc>>,
    pub is_default: bool,
    pub is_active: bool,
    pub last_tested_at: Option<DateTime<Utc>>,
    pub test_status: Option<StorageTestStatus>,
    pub test_error: Option<String>,
    pub metadata: serde_json::Value,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    StorageConnection in storage_connections as "storageConnection", scoped by company_id, deletable,
    ordered by StorageConnectionOrder { CreatedAt: created_at as Time },
    filtered by StorageConnectionFilter,
    child of Company by company_id,
);

filter! {
    /// Which connections a list holds.
    StorageConnectionFilter of storage_connections {
        company_id: reference,
        name: text,
        provider: value(StorageProvider),
        is_active: value(bool),
        test_status: value(StorageTestStatus),
        created_at: time,
    }
}

/// What a new connection needs. Its secrets come after it, because they are bound to its id.
#[derive(Debug, Insertable)]
#[diesel(table_name = storage_connections)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewStorageConnection {
    pub company_id: i64,
    pub name: String,
    pub provider: StorageProvider,
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub bucket: Option<String>,
    pub base_path: Option<String>,
    pub is_default: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(StorageConnection from NewStorageConnection in storage_connections);

impl StorageConnection {
    /// Keeps what a connection signs in with, encrypted by the key of this id.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub async fn set_secrets(tx: &Tx, id: i64, key_id: &str, secrets: &[u8], now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::update(storage_connections::table.find(id))
            .set((
                storage_connections::secrets.eq(Some(secrets)),
                storage_connections::secrets_key_id.eq(Some(key_id)),
                storage_connections::secrets_set_at.eq(Some(now)),
            ))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }

    /// What this connection signs in with, as it was encrypted.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn secrets(&self, session: &Session) -> Result<Option<Vec<u8>>> {
        let read = || async {
            let secrets = storage_connections::table.find(self.id).select(storage_connections::secrets);
            Ok(secrets.get_result(&mut *session.connection().await?).await.optional()?.flatten())
        };
        if session.scope().holds(self.company_id) { session.read(read).await } else { Ok(None) }
    }
}
