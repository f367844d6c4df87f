//! The rows of rollups: made of views, months of days; and compared with what was there before.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Int8, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::view_numbers::{counts, duration_class, each_class};
use super::view_peak::LONGEST_VIEW;
use super::view_slots::{bind_offsets, hour_of_day};
use crate::models::{DURATION_CLASSES, Facet, Span, ViewRollup};
use crate::prepared::Prepared;
use crate::{Result, Tx};

/// What is stored of the views of a period.
const NUMBERS: &str = "views, first_in_company, first_in_project, first_in_ar_content, watch_seconds, timed, played,
    tracked, lost, durations";
/// What a period's views are told apart by.
const KEYS: &str = "device_type, os, browser, country, city, tracking_quality, video_played, project_id, ar_content_id,
    video_id, source, hour";

impl ViewRollup {
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

    /// Makes the rollups of some days of a company, and of their quarters of an hour, from the views. The hour of a view is
    /// that of a clock that is so many seconds ahead from these instants on.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn roll_days(tx: &Tx, company_id: i64, days: &[Span], offsets: &[(DateTime<Utc>, i64)]) -> Result<()> {
        Self::clear(tx, company_id, &["DAY", "QUARTER"], days).await?;
        let counts = counts(&["first_in_company", "first_in_project", "first_in_ar_content"]);
        let classes = each_class(|class| format!("(count(*) FILTER (WHERE duration = {class}))::int"));
        let views = |hour: &str| {
            format!(
                "(SELECT ar_view_sessions.*, day.start AS day, {} AS duration, {hour} AS hour
                  FROM unnest(?, ?) AS day(start, stop)
                  JOIN ar_view_sessions ON started_at >= day.start AND started_at < day.stop
                  WHERE company_id = ? AND device_type <> 'BOT') AS views",
                duration_class(),
            )
        };
        let by_facet = format!(
            "INSERT INTO view_rollups (company_id, grain, period_start, facet, {KEYS}, {NUMBERS})
             SELECT company_id, 'DAY', day, CASE WHEN GROUPING(ar_content_id) = 0 THEN 'CONTENT'
                WHEN GROUPING(device_type) = 0 THEN 'DEVICE' WHEN GROUPING(city) = 0 THEN 'CITY'
                WHEN GROUPING(source) = 0 THEN 'SOURCE' WHEN GROUPING(hour) = 0 THEN 'HOUR' ELSE 'TOTAL' END,
                {KEYS}, {counts}, ARRAY[{classes}]
             FROM {views}
             GROUP BY company_id, day, GROUPING SETS ((), (project_id, ar_content_id, video_id), (source), (country, city),
                (device_type, os, browser, country, tracking_quality, video_played), (hour))",
            views = views(&hour_of_day("started_at")),
        );
        // A view is alive from its start until it was last heard of; one that ends in an instant in which another starts
        // is alive with it.
        let by_quarter = format!(
            "WITH counted AS (
                SELECT date_bin('15 minutes', started_at, '2000-01-01 00:00Z') AS quarter,
                    ARRAY[{counts}] AS numbers, ARRAY[{classes}] AS durations
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
            views = views("NULL"),
            numbers = (1..=9).map(|n| format!("coalesce(numbers[{n}], 0)")).collect::<Vec<_>>().join(", "),
            length = DURATION_CLASSES.len(),
        );
        let mut connection = tx.connection().await?;
        let by_facet = bind_offsets(Prepared::<()>::new(by_facet), offsets);
        let by_facet = spans(by_facet, days).bind::<BigInt, _>(company_id);
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
             WHERE company_id = ? AND grain = 'DAY' AND facet IN ({facets})
             GROUP BY company_id, month.start, facet, {KEYS}",
            each_class(|class| format!("sum(durations[{class}])::int")),
            facets = all_facets(),
        );
        let statement = spans(Prepared::<()>::new(text), months).bind::<BigInt, _>(company_id);
        statement.execute(&mut *tx.connection().await?).await?;
        Ok(())
    }

    async fn clear(tx: &Tx, company_id: i64, grains: &[&str], periods: &[Span]) -> Result<()> {
        let statement = Prepared::<()>::new(format!(
            "DELETE FROM view_rollups USING unnest(?, ?) AS period(start, stop)
             WHERE period_start >= period.start AND period_start < period.stop AND company_id = ? AND grain = ANY(?)
                AND facet IN ({})",
            all_facets(),
        ));
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

/// Said in full, so that the primary key leads to them.
fn all_facets() -> String {
    Facet::ALL.iter().map(|facet| format!("'{}'", facet.as_str())).collect::<Vec<_>>().join(", ")
}

fn spans<T>(statement: Prepared<T>, spans: &[Span]) -> Prepared<T> {
    let (starts, stops) = spans.iter().copied().unzip();
    let starts = statement.bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(starts);
    starts.bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(stops)
}
