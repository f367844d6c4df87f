//! Rollups of views: how far they are, and the statements that make them. Which periods of which company are made when is
//! decided elsewhere; so are the instants at which its days and months begin.
//!
//! A rollup is only a cache. What changes a view is in the log, so the periods whose views changed after a position are
//! known, and until they are made anew they are read from the views themselves.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Int8, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::view_numbers::{DURATION_CLASSES, LONGEST_VIEW, Span, duration_class};
use crate::prepared::Prepared;
use crate::{Result, Session, Tx};

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

/// What is stored of the views of a period.
const NUMBERS: &str = "views, first_in_company, first_in_project, first_in_ar_content, watch_seconds, timed, played,
    tracked, lost, durations";
/// The same but for the classes of lengths, of views.
const COUNTS: &str = "count(*), count(*) FILTER (WHERE first_in_company), count(*) FILTER (WHERE first_in_project),
    count(*) FILTER (WHERE first_in_ar_content), coalesce(sum(duration_seconds), 0), count(duration_seconds),
    count(*) FILTER (WHERE video_played), count(*) FILTER (WHERE tracking_quality <> 'UNKNOWN'),
    count(*) FILTER (WHERE tracking_quality = 'LOST')";
/// What a period's views are told apart by.
const KEYS: &str = "device_type, os, browser, country, city, tracking_quality, video_played, project_id, ar_content_id,
    video_id, source";

impl ViewRollup {
    /// The position up to which the log is in the rollups and counters.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn rolled_through(session: &Session) -> Result<i64> {
        let through = Prepared::<Int8>::new("SELECT rolled_through FROM view_rollup_progress");
        Ok(through.get_result(&mut *session.connection().await?).await?)
    }

    /// Which time of a company is rolled up in this time zone; none if nothing is.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn of(session: &Session, company_id: i64, time_zone: &str) -> Result<Option<RolledDays>> {
        if !session.scope().holds(company_id) {
            return Ok(None);
        }
        let mut connection = session.connection().await?;
        let state = Prepared::<(Timestamptz, Timestamptz, Int8)>::new(
            "SELECT rolled_from, rolled_until, (SELECT rolled_through FROM view_rollup_progress)
             FROM view_rollup_states WHERE company_id = ? AND time_zone = ?",
        )
        .bind::<BigInt, _>(company_id)
        .bind::<Text, _>(time_zone.to_owned());
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
        tx.isolate("SET LOCAL statement_timeout = 0").await?;
        let through = Prepared::<Int8>::new("SELECT rolled_through FROM view_rollup_progress FOR UPDATE SKIP LOCKED");
        Ok(through.get_result(&mut *tx.connection().await?).await.optional()?)
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

    /// The position at which so many more events end; none if there are none.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn next_through(tx: &Tx, after: i64, limit: i64) -> Result<Option<i64>> {
        let through = Prepared::<Nullable<Int8>>::new(
            "SELECT max(position) FROM (
                SELECT position FROM view_events WHERE position > ? ORDER BY position LIMIT ?) AS next",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(limit);
        Ok(through.get_result(&mut *tx.connection().await?).await?)
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
             GROUP BY company_id, time_zone, rolled_from, rolled_until, date_bin('15 minutes', started_at, '2000-01-01 00:00Z') ORDER BY company_id",
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

    /// The companies of which something is rolled up, or the one of them.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn rolled_companies(session: &Session, company_id: Option<i64>) -> Result<Vec<RolledCompany>> {
        let rolled = Prepared::<(Int8, Text, Timestamptz, Timestamptz)>::new(
            "SELECT company_id, time_zone, rolled_from, rolled_until FROM view_rollup_states
             WHERE coalesce(company_id = ?, true) ORDER BY company_id",
        )
        .bind::<Nullable<BigInt>, _>(company_id);
        type Row = (i64, String, DateTime<Utc>, DateTime<Utc>);
        let rows: Vec<Row> = rolled.load(&mut *session.connection().await?).await?;
        let told = |(id, time_zone, from, until): Row| RolledCompany { id, time_zone, span: (from, until) };
        Ok(rows.into_iter().map(told).collect())
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

    /// Companies that have days to be rolled up by now, or whose days are those of another zone.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn due(session: &Session, now: DateTime<Utc>, limit: i64) -> Result<Vec<DueCompany>> {
        let due = Prepared::<(Int8, Text, Nullable<Text>, Nullable<Timestamptz>, Nullable<Timestamptz>)>::new(
            "SELECT companies.id, companies.time_zone, state.time_zone, rolled_from, rolled_until
             FROM companies LEFT JOIN view_rollup_states state ON state.company_id = companies.id
             WHERE state.company_id IS NULL OR state.due_at <= ? OR state.time_zone <> companies.time_zone
             ORDER BY companies.id LIMIT ?",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<BigInt, _>(limit);
        Ok(due.load(&mut *session.connection().await?).await?)
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

    /// Says which days of a company are rolled up, in which zone, and when there is more to do.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_state(
        tx: &Tx,
        company_id: i64,
        time_zone: &str,
        (from, until): Span,
        due_at: DateTime<Utc>,
    ) -> Result<()> {
        Prepared::<()>::new(
            "INSERT INTO view_rollup_states (company_id, time_zone, rolled_from, rolled_until, due_at)
             VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (company_id) DO UPDATE SET time_zone = excluded.time_zone,
                rolled_from = excluded.rolled_from, rolled_until = excluded.rolled_until, due_at = excluded.due_at",
        )
        .bind::<BigInt, _>(company_id)
        .bind::<Text, _>(time_zone.to_owned())
        .bind::<Timestamptz, _>(from)
        .bind::<Timestamptz, _>(until)
        .bind::<Timestamptz, _>(due_at)
        .execute(&mut *tx.connection().await?)
        .await?;
        Ok(())
    }

    /// Forgets what was rolled up of a company.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn forget(tx: &Tx, company_id: i64) -> Result<()> {
        Prepared::<()>::new("DELETE FROM view_rollups WHERE company_id = ?")
            .bind::<BigInt, _>(company_id)
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Makes the rollups of some days of a company, and of their quarters of an hour, from the views.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn roll_days(tx: &Tx, company_id: i64, days: &[Span]) -> Result<()> {
        Self::clear(tx, company_id, &["DAY", "QUARTER"], days).await?;
        let classes = each_class(|class| format!("(count(*) FILTER (WHERE duration = {class}))::int"));
        let views = format!(
            "(SELECT ar_view_sessions.*, day.start AS day, {} AS duration FROM unnest(?, ?) AS day(start, stop)
              JOIN ar_view_sessions ON started_at >= day.start AND started_at < day.stop
              WHERE company_id = ? AND device_type <> 'BOT') AS views",
            duration_class(),
        );
        let by_facet = format!(
            "INSERT INTO view_rollups (company_id, grain, period_start, facet, {KEYS}, {NUMBERS})
             SELECT company_id, 'DAY', day, CASE WHEN GROUPING(ar_content_id) = 0 THEN 'CONTENT'
                WHEN GROUPING(device_type) = 0 THEN 'DEVICE' WHEN GROUPING(city) = 0 THEN 'CITY'
                WHEN GROUPING(source) = 0 THEN 'SOURCE' ELSE 'TOTAL' END,
                {KEYS}, {COUNTS}, ARRAY[{classes}]
             FROM {views}
             GROUP BY company_id, day, GROUPING SETS ((), (project_id, ar_content_id, video_id), (source), (country, city),
                (device_type, os, browser, country, tracking_quality, video_played))"
        );
        // A view is alive from its start until it was last heard of; one that ends in an instant in which another starts
        // is alive with it.
        let by_quarter = format!(
            "WITH counted AS (
                SELECT date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
                    ARRAY[{COUNTS}] AS numbers, ARRAY[{classes}] AS durations
                FROM {views} GROUP BY 1),
             alive AS (
                SELECT day.start AS day, day.stop AS until, greatest(started_at, day.start) AS start,
                    coalesce(ended_at, last_seen_at) AS stop
                FROM unnest(?, ?) AS day(start, stop)
                JOIN ar_view_sessions ON started_at > day.start - interval '{LONGEST_VIEW}' AND started_at < day.stop
                    AND coalesce(ended_at, last_seen_at) >= day.start
                WHERE company_id = ? AND device_type <> 'BOT'),
             peaks AS (
                SELECT date_bin('15 minutes', at, '2000-01-01 00:00Z') AS quarter, max(alive) AS peak FROM (
                    SELECT at, sum(change) OVER (PARTITION BY day ORDER BY at, change DESC) AS alive FROM (
                        SELECT day, start AS at, 1 AS change FROM alive
                        UNION ALL SELECT day, stop, -1 FROM alive WHERE stop < until
                        UNION ALL SELECT day.start, quarter, 0 FROM unnest(?, ?) AS day(start, stop),
                            generate_series(day.start, day.stop - interval '1 second', '15 minutes') AS quarter
                    ) AS changes) AS levels
                GROUP BY 1 HAVING max(alive) > 0)
             INSERT INTO view_rollups (company_id, grain, period_start, facet, {NUMBERS}, peak)
             SELECT ?, 'QUARTER', quarter, 'TOTAL', {numbers}, coalesce(durations, array_fill(0, ARRAY[{length}])), peak
             FROM counted FULL JOIN peaks USING (quarter)",
            numbers = (1..=9).map(|n| format!("coalesce(numbers[{n}], 0)")).collect::<Vec<_>>().join(", "),
            length = DURATION_CLASSES.len(),
        );
        let mut connection = tx.connection().await?;
        let by_facet = spans(Prepared::<()>::new(by_facet), days).bind::<BigInt, _>(company_id);
        by_facet.execute(&mut *connection).await?;
        let by_quarter = spans(Prepared::<()>::new(by_quarter), days).bind::<BigInt, _>(company_id);
        let by_quarter = spans(by_quarter, days).bind::<BigInt, _>(company_id);
        spans(by_quarter, days).bind::<BigInt, _>(company_id).execute(&mut *connection).await?;
        Ok(())
    }

    /// Makes the rollups of some months of a company from those of their days, all of which are there.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn roll_months(tx: &Tx, company_id: i64, months: &[Span]) -> Result<()> {
        Self::clear(tx, company_id, &["MONTH"], months).await?;
        let text = format!(
            "INSERT INTO view_rollups (company_id, grain, period_start, facet, {KEYS}, {NUMBERS})
             SELECT company_id, 'MONTH', month.start, facet, {KEYS}, sum(views), sum(first_in_company),
                sum(first_in_project), sum(first_in_ar_content), sum(watch_seconds), sum(timed), sum(played),
                sum(tracked), sum(lost), ARRAY[{}]
             FROM unnest(?, ?) AS month(start, stop)
             JOIN view_rollups ON period_start >= month.start AND period_start < month.stop
             WHERE company_id = ? AND grain = 'DAY' AND facet IN ('TOTAL', 'DEVICE', 'CONTENT', 'SOURCE', 'CITY')
             GROUP BY company_id, month.start, facet, {KEYS}",
            each_class(|class| format!("sum(durations[{class}])::int")),
        );
        let statement = spans(Prepared::<()>::new(text), months).bind::<BigInt, _>(company_id);
        statement.execute(&mut *tx.connection().await?).await?;
        Ok(())
    }

    async fn clear(tx: &Tx, company_id: i64, grains: &[&str], periods: &[Span]) -> Result<()> {
        let statement = Prepared::<()>::new(
            "DELETE FROM view_rollups USING unnest(?, ?) AS period(start, stop)
             WHERE period_start >= period.start AND period_start < period.stop AND company_id = ? AND grain = ANY(?)
                AND facet IN ('TOTAL', 'DEVICE', 'CONTENT', 'SOURCE', 'CITY')",
        );
        let grains: Vec<String> = grains.iter().map(ToString::to_string).collect();
        let statement = spans(statement, periods).bind::<BigInt, _>(company_id).bind::<Array<Text>, _>(grains);
        statement.execute(&mut *tx.connection().await?).await?;
        Ok(())
    }

    /// Puts aside what is rolled up of a company, for [`Self::differences`].
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn put_aside(tx: &Tx, company_id: i64) -> Result<()> {
        tx.isolate("CREATE TEMPORARY TABLE IF NOT EXISTS view_rollups_before (LIKE view_rollups) ON COMMIT DROP")
            .await?;
        Prepared::<()>::new(
            "WITH moved AS (DELETE FROM view_rollups WHERE company_id = ? RETURNING *)
             INSERT INTO view_rollups_before SELECT * FROM moved",
        )
        .bind::<BigInt, _>(company_id)
        .execute(&mut *tx.connection().await?)
        .await?;
        Ok(())
    }

    /// How many rollups of a company are there now and were not before it was put aside, or the other way round.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn differences(tx: &Tx, company_id: i64) -> Result<i64> {
        let now = format!(
            "SELECT grain, period_start, facet, {KEYS}, {NUMBERS}, peak FROM view_rollups WHERE company_id = ?"
        );
        let before = format!(
            "SELECT grain, period_start, facet, {KEYS}, {NUMBERS}, peak FROM view_rollups_before WHERE company_id = ?"
        );
        let text = format!(
            "SELECT count(*) FROM (({now} EXCEPT ALL {before}) UNION ALL ({before} EXCEPT ALL {now})) AS different"
        );
        let mut statement = Prepared::<Int8>::new(text);
        for _ in 0..4 {
            statement = statement.bind::<BigInt, _>(company_id);
        }
        Ok(statement.get_result(&mut *tx.connection().await?).await?)
    }
}

fn each_class(expression: impl Fn(usize) -> String) -> String {
    (1..=DURATION_CLASSES.len()).map(expression).collect::<Vec<_>>().join(", ")
}

fn spans<T>(statement: Prepared<T>, spans: &[Span]) -> Prepared<T> {
    statement.bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(spans.iter().map(|span| span.0).collect()).bind::<Array<
        Timestamptz,
    >, Vec<
        DateTime<Utc>,
    >>(
        spans.iter().map(|span| span.1).collect(),
    )
}
