//! The keys of writes that may be repeated.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::idempotency_keys;
use crate::{Result, Tx};

/// A row of `idempotency_keys`.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations")]
pub struct IdempotencyKey {
    pub id: i64,
    pub caller: String,
    pub key: String,
    pub command: String,
    pub fingerprint: Vec<u8>,
    pub entity_id: Option<i64>,
    pub created_at: DateTime<Utc>,
}

/// What became of a claim on a key.
#[derive(Debug, Clone)]
pub enum Claim {
    /// Nobody had it: the write goes on and notes its result at this row.
    First(i64),
    /// It was used before.
    Used(IdempotencyKey),
}

impl IdempotencyKey {
    /// Claims a key for a write. Whoever comes second waits until the first has committed or rolled back.
    ///
    /// # Errors
    /// When the statement fails, or the first is still at it after the lock timeout.
    pub async fn claim(
        tx: &Tx,
        caller: &str,
        key: &str,
        command: &str,
        fingerprint: &[u8],
        now: DateTime<Utc>,
        valid_after: DateTime<Utc>,
    ) -> Result<Claim> {
        let mut connection = tx.connection().await?;
        let mine = idempotency_keys::table
            .filter(idempotency_keys::caller.eq(caller.to_owned()))
            .filter(idempotency_keys::key.eq(key.to_owned()));
        diesel::delete(mine.clone().filter(idempotency_keys::created_at.le(valid_after)))
            .execute(&mut *connection)
            .await?;
        let first: Option<i64> = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::caller.eq(caller.to_owned()),
                idempotency_keys::key.eq(key.to_owned()),
                idempotency_keys::command.eq(command.to_owned()),
                idempotency_keys::fingerprint.eq(fingerprint.to_vec()),
                idempotency_keys::created_at.eq(now),
            ))
            .on_conflict_do_nothing()
            .returning(idempotency_keys::id)
            .get_result(&mut *connection)
            .await
            .optional()?;
        match first {
            Some(id) => Ok(Claim::First(id)),
            None => Ok(Claim::Used(mine.select(Self::as_select()).get_result(&mut *connection).await?)),
        }
    }

    /// Notes what the write made.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn made(tx: &Tx, id: i64, entity_id: i64) -> Result<()> {
        diesel::update(idempotency_keys::table.find(id))
            .set(idempotency_keys::entity_id.eq(Some(entity_id)))
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Forgets keys that are too old to be repeated.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<usize> {
        let old = idempotency_keys::table.filter(idempotency_keys::created_at.le(before));
        Ok(diesel::delete(old).execute(&mut *tx.connection().await?).await?)
    }
}
