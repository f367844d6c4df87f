//! A partner's key: bound to one company, with a role and scopes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::models::Role;
use crate::schema::api_keys;
use crate::{Result, Session, Tx};

text_enum! {
    /// What a key may be used for.
    ApiKeyScope {
        /// Reads the studio's tree.
        Read = "READ",
        /// Writes projects, orders and videos.
        WriteContent = "WRITE_CONTENT",
        /// Writes windows and rules.
        WriteSchedules = "WRITE_SCHEDULES",
        /// Sends bytes.
        WriteUploads = "WRITE_UPLOADS",
        /// Reads view sessions and numbers.
        ReadAnalytics = "READ_ANALYTICS",
        /// Reports views.
        WriteViews = "WRITE_VIEWS",
    }
}

/// A row of `api_keys`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = api_keys, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct ApiKey {
    pub id: i64,
    pub company_id: i64,
    pub name: String,
    pub prefix: String,
    #[serde(skip)]
    pub secret_sha256: Vec<u8>,
    pub role: Role,
    pub scopes: Vec<ApiKeyScope>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

entity!(
    ApiKey in api_keys as "apiKey", scoped by company_id, permanent,
    ordered by ApiKeyOrder { CreatedAt: created_at as Time },
    filtered by ApiKeyFilter,
    child of Company by company_id,
);

filter! {
    /// Which keys a list holds.
    ApiKeyFilter of api_keys {
        company_id: reference,
        name: text,
        prefix: text,
        role: value(Role),
        expires_at: time,
        revoked_at: time,
        created_at: time,
    }
}

/// What a new key needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = api_keys)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewApiKey {
    pub company_id: i64,
    pub name: String,
    pub prefix: String,
    pub secret_sha256: Vec<u8>,
    pub role: Role,
    pub scopes: Vec<ApiKeyScope>,
    pub expires_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

insertable!(ApiKey from NewApiKey in api_keys);

impl ApiKey {
    /// The key of this prefix, whatever became of it. Reads past the scope: it is how a scope is found.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_prefix(session: &Session, prefix: &str) -> Result<Option<Self>> {
        let read = || async {
            let row = api_keys::table.filter(api_keys::prefix.eq(prefix.to_owned())).select(Self::as_select());
            Ok(row.get_result(&mut *session.connection().await?).await.optional()?)
        };
        session.read(read).await
    }

    /// Notes that the key was used, unless somebody noted it after `before`.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn used(session: &Session, id: i64, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
        let noted_long_ago = api_keys::last_used_at.le(before).or(api_keys::last_used_at.is_null());
        diesel::update(api_keys::table.find(id).filter(noted_long_ago))
            .set(api_keys::last_used_at.eq(Some(now)))
            .execute(&mut *session.connection().await?)
            .await?;
        Ok(())
    }

    /// Ends a key.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn revoke(tx: &Tx, id: i64, now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::update(api_keys::table.find(id))
            .set(api_keys::revoked_at.eq(Some(now)))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }
}
