//! A person's token: its digest, and until when it holds.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::sign_ins;
use crate::{Result, Session, Tx};

/// A row of `sign_ins`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = sign_ins, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations")]
pub struct SignIn {
    pub id: i64,
    pub user_id: i64,
    pub token_sha256: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl SignIn {
    /// Stores a new token's digest.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn insert(tx: &Tx, user_id: i64, token_sha256: [u8; 32], now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::insert_into(sign_ins::table)
            .values((
                sign_ins::user_id.eq(user_id),
                sign_ins::token_sha256.eq(token_sha256.to_vec()),
                sign_ins::created_at.eq(now),
                sign_ins::last_seen_at.eq(now),
            ))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }

    /// The sign-in of this digest, whatever became of it. Reads past the scope: it is how a scope is found.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_digest(session: &Session, token_sha256: [u8; 32]) -> Result<Option<Self>> {
        let read = || async {
            let row = sign_ins::table.filter(sign_ins::token_sha256.eq(token_sha256.to_vec()));
            Ok(row.select(Self::as_select()).get_result(&mut *session.connection().await?).await.optional()?)
        };
        session.read(read).await
    }

    /// A sign-in, whatever became of it. Reads past the scope, as [`SignIn::by_digest`] does.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_id(session: &Session, id: i64) -> Result<Option<Self>> {
        let read = || async {
            let row = sign_ins::table.find(id).select(Self::as_select());
            Ok(row.get_result(&mut *session.connection().await?).await.optional()?)
        };
        session.read(read).await
    }

    /// Notes that the token was used, unless somebody noted it after `before`.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn seen(session: &Session, id: i64, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<()> {
        diesel::update(sign_ins::table.find(id).filter(sign_ins::last_seen_at.le(before)))
            .set(sign_ins::last_seen_at.eq(now))
            .execute(&mut *session.connection().await?)
            .await?;
        Ok(())
    }

    /// Ends one sign-in.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn revoke(tx: &Tx, id: i64, now: DateTime<Utc>) -> Result<()> {
        diesel::update(sign_ins::table.find(id))
            .set(sign_ins::revoked_at.eq(Some(now)))
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Ends every sign-in of a person.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn revoke_all_of(tx: &Tx, user_id: i64, now: DateTime<Utc>) -> Result<()> {
        let open = sign_ins::table.filter(sign_ins::user_id.eq(user_id)).filter(sign_ins::revoked_at.is_null());
        diesel::update(open).set(sign_ins::revoked_at.eq(Some(now))).execute(&mut *tx.connection().await?).await?;
        Ok(())
    }
}
