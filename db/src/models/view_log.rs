//! The ends of the log of views: how far it goes, and what it has lost to its age.
//!
//! Positions that no event has say nothing, since a transaction that was rolled back leaves some. What was dropped is
//! written down in the transaction that drops it: whoever stands before that has lost something, nobody else has.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Int8, Nullable};
use diesel_async::RunQueryDsl;

use super::view_event::{ViewEvent, ViewLogScope};
use crate::prepared::Prepared;
use crate::schema::{view_events, view_log_retention};
use crate::{Result, Session, Tx};

/// Names the turn of whoever drops old days.
const RETENTION_LOCK: i64 = 0x4152_5649_4557_5322;

impl ViewEvent {
    /// The position of the newest event, whether or not it is still there; 0 before the first.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn newest_position(session: &Session) -> Result<i64> {
        let newest = Prepared::<Int8>::new(
            "SELECT greatest(
                (SELECT max(position) FROM view_events), (SELECT dropped_through FROM view_log_retention), 0)",
        );
        Ok(newest.get_result(&mut *session.connection().await?).await?)
    }

    /// The newest position that was dropped for its age; 0 as long as all is there. Read after some events it tells
    /// whether any of them may be missing.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn dropped_through(session: &Session) -> Result<i64> {
        let dropped = view_log_retention::table.select(view_log_retention::dropped_through);
        Ok(dropped.first(&mut *session.connection().await?).await?)
    }

    /// Whether there are more events after a position than so many.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn has_more_after(session: &Session, of: ViewLogScope, position: i64, most: i64) -> Result<bool> {
        let one_more = Self::in_order_after(of, position).select(view_events::position).offset(most).limit(1);
        let found: Option<i64> = one_more.first(&mut *session.connection().await?).await.optional()?;
        Ok(found.is_some())
    }

    /// The oldest day that the log has a partition of.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn oldest_day(session: &Session) -> Result<Option<NaiveDate>> {
        let oldest = Prepared::<Nullable<Date>>::new(
            "SELECT min(to_date(right(relid::regclass::text, 8), 'YYYYMMDD'))
             FROM pg_partition_tree('view_events') WHERE isleaf",
        );
        Ok(oldest.get_result(&mut *session.connection().await?).await?)
    }

    /// Takes the turn to drop old days until the transaction ends, if nobody else has it. From then on the transaction
    /// waits for locks a moment only: whoever reads or writes the log would have to wait behind it.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn take_turn_to_drop(tx: &Tx) -> Result<bool> {
        let turn = Prepared::<Bool>::new(
            "SELECT pg_try_advisory_xact_lock(?) AND set_config('lock_timeout', '100ms', true) IS NOT NULL",
        )
        .bind::<BigInt, _>(RETENTION_LOCK);
        Ok(turn.get_result(&mut *tx.connection().await?).await?)
    }

    /// Drops the partition of a UTC day, unless it has events after `consumed_through`. Says whether it is gone.
    ///
    /// # Errors
    /// When the log is too busy for the locks, or a statement fails.
    pub async fn drop_day(tx: &Tx, day: NaiveDate, consumed_through: i64) -> Result<bool> {
        let dropped = Prepared::<Bool>::new("SELECT view_events_drop_day(?, ?)")
            .bind::<Date, _>(day)
            .bind::<BigInt, _>(consumed_through);
        Ok(dropped.get_result(&mut *tx.connection().await?).await?)
    }
}
