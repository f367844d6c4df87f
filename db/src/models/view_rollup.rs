//! Rollups of views: how far they are, and what the log tells of it. Which periods of which company are made when is
//! decided elsewhere; so are the instants at which its days and months begin.
//!
//! A rollup is only a cache. What changes a view is in the log, so the periods whose views changed after a position are
//! known, and until they are made anew they are read from the views themselves.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Int8, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::models::Span;
use crate::prepared::Prepared;
use crate::{DbError, Result, Session, Tx};

/// The tables `view_rollups`, `view_rollup_states` and `view_rollup_progress`.
#[derive(Debug)]
pub struct ViewRollup;

/// Which time of a company is rolled up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledDays {
    /// From the beginning of this day,
    pub from: DateTime<Utc>,
    /// up to the beginning of this one.
    pub until: DateTime<Utc>,
    /// Times from the start to the end of views of it that changed since.
    pub touched: Vec<Span>,
}

/// What a clock shows: the name of a zone, and the version of the data that tell its offsets. The days of a zone begin at
/// other instants when a law is passed and the data change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct ZoneData<'a> {
    pub time_zone: &'a str,
    pub version: &'a str,
}

/// A company of which something is rolled up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledCompany {
    /// The company.
    pub id: i64,
    /// The zone of its days.
    pub time_zone: String,
    /// From when until when.
    pub span: Span,
}

/// A company that has days to be rolled up.
#[derive(Debug, Clone, Queryable)]
pub struct DueCompany {
    /// The company.
    pub id: i64,
    /// Its time zone.
    pub time_zone: String,
    /// The time zone whose days are rolled up; none before the first.
    pub rolled_in: Option<String>,
    /// From when they are.
    pub rolled_from: Option<DateTime<Utc>>,
    /// Until when they are.
    pub rolled_until: Option<DateTime<Utc>>,
}

impl ViewRollup {
    /// The position up to which the log is in the rollups and counters.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn rolled_through(session: &Session) -> Result<i64> {
        let through = Prepared::<Int8>::new("SELECT rolled_through FROM view_rollup_progress");
        Ok(through.get_result(&mut *session.connection().await?).await?)
    }

    /// Which time of a company is rolled up in this time zone with these data; none if nothing is.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn of(session: &Session, company_id: i64, zone: ZoneData<'_>) -> Result<Option<RolledDays>> {
        if !session.scope().holds(company_id) {
            return Ok(None);
        }
        let mut connection = session.connection().await?;
        let state = Prepared::<(Timestamptz, Timestamptz, Int8)>::new(
            "SELECT rolled_from, rolled_until, (SELECT rolled_through FROM view_rollup_progress)
             FROM view_rollup_states WHERE company_id = ? AND time_zone = ? AND time_zone_data = ?",
        )
        .bind::<BigInt, _>(company_id)
        .bind::<Text, _>(zone.time_zone.to_owned())
        .bind::<Text, _>(zone.version.to_owned());
        let state: Option<(DateTime<Utc>, DateTime<Utc>, i64)> = state.get_result(&mut *connection).await.optional()?;
        let Some((from, until, through)) = state else { return Ok(None) };
        let touched = Prepared::<(Timestamptz, Timestamptz)>::new(
            "SELECT min(started_at), max(stop) FROM (
                SELECT (view_session->>'started_at')::timestamptz AS started_at,
                    greatest((view_session->>'last_seen_at')::timestamptz, (view_session->>'ended_at')::timestamptz) AS stop
                FROM view_events WHERE company_id = ? AND position > ?) AS changed
             WHERE started_at < ? GROUP BY date_bin('15 minutes', started_at, '2000-01-01 00:00Z')",
        )
        .bind::<BigInt, _>(company_id)
        .bind::<BigInt, _>(through)
        .bind::<Timestamptz, _>(until);
        Ok(Some(RolledDays { from, until, touched: touched.load(&mut *connection).await? }))
    }

    /// Takes on the work until the transaction ends, without any limit of time, and gives the position that it goes on
    /// from; none if somebody else is at it.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn take_on(tx: &Tx) -> Result<Option<i64>> {
        tx.isolate("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '100ms'").await?;
        let through = Prepared::<Int8>::new("SELECT rolled_through FROM view_rollup_progress FOR UPDATE SKIP LOCKED");
        let through = through.get_result(&mut *tx.connection().await?).await.optional().map_err(DbError::from);
        match through {
            Ok(through) => {
                tx.isolate("SET LOCAL lock_timeout TO DEFAULT").await?;
                Ok(through)
            }
            // Who wants to be alone locks more than the row.
            Err(DbError::Timeout) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The same, but it waits until nobody else is at it; and the whole transaction sees what is there then.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn take_on_alone(tx: &Tx) -> Result<i64> {
        tx.isolate(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout = 0;
             SET LOCAL lock_timeout = 0; LOCK TABLE view_rollup_progress IN EXCLUSIVE MODE",
        )
        .await?;
        Self::rolled_through(tx).await
    }

    /// Takes companies whose days were found with other time zone data for not rolled up. The rows are forgotten when they
    /// are rolled up again.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn distrust_other_data(tx: &Tx, version: &str) -> Result<()> {
        Prepared::<()>::new("DELETE FROM view_rollup_states WHERE time_zone_data <> ?")
            .bind::<Text, _>(version.to_owned())
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// The position at which at most so many more events end, and how many they are; none if there are none.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn next_through(tx: &Tx, after: i64, limit: i64) -> Result<Option<(i64, i64)>> {
        let through = Prepared::<(Nullable<Int8>, Int8)>::new(
            "SELECT max(position), count(*) FROM (
                SELECT position FROM view_events WHERE position > ? ORDER BY position LIMIT ?) AS next",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(limit);
        let (through, events): (Option<i64>, i64) = through.get_result(&mut *tx.connection().await?).await?;
        Ok(through.map(|through| (through, events)))
    }

    /// The times from the start to the end of views that changed between two positions, where they are rolled up, by
    /// company.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn touched(tx: &Tx, after: i64, through: i64) -> Result<Vec<(RolledCompany, Span)>> {
        let touched = Prepared::<(Int8, Text, Timestamptz, Timestamptz, Timestamptz, Timestamptz)>::new(
            "SELECT company_id, time_zone, rolled_from, rolled_until, min(started_at), max(stop) FROM (
                SELECT company_id, (view_session->>'started_at')::timestamptz AS started_at,
                    greatest((view_session->>'last_seen_at')::timestamptz, (view_session->>'ended_at')::timestamptz) AS stop
                FROM view_events WHERE position > ? AND position <= ?) AS changed
             JOIN view_rollup_states USING (company_id)
             WHERE started_at < rolled_until AND stop >= rolled_from
             GROUP BY company_id, time_zone, rolled_from, rolled_until,
                date_bin('15 minutes', started_at, '2000-01-01 00:00Z')
             ORDER BY company_id",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(through);
        type Row = (i64, String, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>);
        let rows: Vec<Row> = touched.load(&mut *tx.connection().await?).await?;
        let told = |(id, time_zone, from, until, start, stop): Row| {
            (RolledCompany { id, time_zone, span: (from, until) }, (start, stop))
        };
        Ok(rows.into_iter().map(told).collect())
    }

    /// A company as far as it is rolled up; none if nothing is.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn rolled_company(session: &Session, company_id: i64) -> Result<Option<RolledCompany>> {
        let rolled = Prepared::<(Text, Timestamptz, Timestamptz)>::new(
            "SELECT time_zone, rolled_from, rolled_until FROM view_rollup_states WHERE company_id = ?",
        )
        .bind::<BigInt, _>(company_id);
        let rolled = rolled.get_result(&mut *session.connection().await?).await.optional()?;
        Ok(rolled.map(|(time_zone, from, until)| RolledCompany { id: company_id, time_zone, span: (from, until) }))
    }

    /// Adds the views that began between two positions to the counters of their orders, in the order of their ids.
    /// Programs are told apart and not counted.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn count_views(tx: &Tx, after: i64, through: i64) -> Result<()> {
        Prepared::<()>::new(
            "WITH new AS (
                SELECT ar_content_id AS id, count(*) AS views FROM view_events
                WHERE position > ? AND position <= ? AND kind = 'STARTED' AND view_session->>'device_type' <> 'BOT'
                GROUP BY 1),
             locked AS (
                SELECT content.id, new.views FROM new JOIN ar_content content ON content.id = new.id
                ORDER BY content.id FOR NO KEY UPDATE OF content)
             UPDATE ar_content SET views_count = views_count + locked.views FROM locked WHERE ar_content.id = locked.id",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(through)
        .execute(&mut *tx.connection().await?)
        .await?;
        Ok(())
    }

    /// Counts a company's views anew, and says how many orders had another count.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn recount(tx: &Tx, company_id: i64) -> Result<usize> {
        let changed = Prepared::<()>::new(
            "WITH counted AS (
                SELECT content.id, (
                    SELECT count(*) FROM ar_view_sessions view
                    WHERE view.ar_content_id = content.id AND view.device_type <> 'BOT') AS views
                FROM ar_content content WHERE content.company_id = ?)
             UPDATE ar_content SET views_count = counted.views FROM counted
             WHERE ar_content.id = counted.id AND ar_content.views_count <> counted.views",
        )
        .bind::<BigInt, _>(company_id);
        Ok(changed.execute(&mut *tx.connection().await?).await?)
    }

    /// Says how far the log is in the rollups and counters.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn reach(tx: &Tx, through: i64) -> Result<()> {
        Prepared::<()>::new("UPDATE view_rollup_progress SET rolled_through = ?")
            .bind::<BigInt, _>(through)
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// A company that has days to be rolled up by now, or whose days are those of another zone.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn due(session: &Session, now: DateTime<Utc>) -> Result<Option<DueCompany>> {
        let due = Prepared::<(Int8, Text, Nullable<Text>, Nullable<Timestamptz>, Nullable<Timestamptz>)>::new(
            "SELECT companies.id, companies.time_zone, state.time_zone, rolled_from, rolled_until
             FROM companies LEFT JOIN view_rollup_states state ON state.company_id = companies.id
             WHERE state.company_id IS NULL OR state.due_at <= ? OR state.time_zone <> companies.time_zone
             ORDER BY companies.id LIMIT 1",
        )
        .bind::<Timestamptz, _>(now);
        Ok(due.get_result(&mut *session.connection().await?).await.optional()?)
    }

    /// When the first view of a company began.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn first_view(session: &Session, company_id: i64) -> Result<Option<DateTime<Utc>>> {
        let first =
            Prepared::<Nullable<Timestamptz>>::new("SELECT min(started_at) FROM ar_view_sessions WHERE company_id = ?")
                .bind::<BigInt, _>(company_id);
        Ok(first.get_result(&mut *session.connection().await?).await?)
    }

    /// Says that a company is rolled up from an earlier instant on.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn roll_from(tx: &Tx, company_id: i64, from: DateTime<Utc>) -> Result<()> {
        Prepared::<()>::new("UPDATE view_rollup_states SET rolled_from = ? WHERE company_id = ?")
            .bind::<Timestamptz, _>(from)
            .bind::<BigInt, _>(company_id)
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Says which days of a company are rolled up, in which zone, and when there is more to do.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_state(
        tx: &Tx,
        company_id: i64,
        zone: ZoneData<'_>,
        (from, until): Span,
        due_at: DateTime<Utc>,
    ) -> Result<()> {
        Prepared::<()>::new(
            "INSERT INTO view_rollup_states (company_id, time_zone, time_zone_data, rolled_from, rolled_until, due_at)
             VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (company_id) DO UPDATE SET time_zone = excluded.time_zone,
                time_zone_data = excluded.time_zone_data, rolled_from = excluded.rolled_from,
                rolled_until = excluded.rolled_until, due_at = excluded.due_at",
        )
        .bind::<BigInt, _>(company_id)
        .bind::<Text, _>(zone.time_zone.to_owned())
        .bind::<Text, _>(zone.version.to_owned())
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(until)
        .bind::<Timestamptz, _>(due_at)
        .execute(&mut *tx.connection().await?)
        .await?;
        Ok(())
    }
}
