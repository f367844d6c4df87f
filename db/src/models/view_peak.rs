//! Views that were alive at the same time, and those that still are.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Int8, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::models::{NumbersQuery, ViewLogScope};
use crate::prepared::Prepared;
use crate::{Result, Session};

/// The most views that were alive at one instant, from their start until they were last heard of: of the rolled up spans,
/// which quarters fill, and of the views themselves in the others.
///
/// # Errors
/// When a statement fails.
pub async fn peak_of(session: &Session, query: &NumbersQuery) -> Result<i64> {
    if !session.scope().holds(query.company_id) {
        return Ok(0);
    }
    let mut peak = 0;
    if let Some((_, spans)) = &query.rolled
        && !spans.is_empty()
    {
        let statement = Prepared::<Int8>::new(
            "SELECT coalesce(max(peak), 0)::bigint FROM unnest(?, ?) AS span(start, stop)
             JOIN view_rollups ON company_id = ? AND facet = 'TOTAL' AND grain = 'QUARTER'
                AND period_start >= span.start AND period_start < span.stop",
        )
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(spans.iter().map(|span| span.1).collect())
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(spans.iter().map(|span| span.2).collect())
        .bind::<BigInt, _>(query.company_id);
        peak = statement.get_result::<i64>(&mut *session.connection().await?).await?;
    }
    for (start, stop) in &query.raw {
        let text = format!(
            "WITH alive AS (
                SELECT greatest(started_at, ?) AS start, coalesce(ended_at, last_seen_at) AS stop FROM ar_view_sessions
                WHERE started_at > ?::timestamptz - interval '{LONGEST_VIEW}' AND started_at < ?
                    AND coalesce(ended_at, last_seen_at) >= ? AND device_type <> 'BOT' AND {conditions})
             SELECT coalesce(max(alive), 0)::bigint FROM (
                SELECT sum(change) OVER (ORDER BY at, change DESC) AS alive FROM (
                    SELECT start AS at, 1 AS change FROM alive UNION ALL SELECT stop, -1 FROM alive WHERE stop < ?
                ) AS changes) AS levels",
            conditions = query.conditions(),
        );
        let statement = Prepared::<Int8>::new(text)
            .bind::<Timestamptz, _>(*start)
            .bind::<Timestamptz, _>(*start)
            .bind::<Timestamptz, _>(*stop)
            .bind::<Timestamptz, _>(*start);
        let statement = query.bind_conditions(statement).bind::<Timestamptz, _>(*stop);
        peak = peak.max(statement.get_result::<i64>(&mut *session.connection().await?).await?);
    }
    Ok(peak)
}

/// Longer than a phone can report on a view.
pub(super) const LONGEST_VIEW: &str = "2 days";

/// The start of the oldest view that still goes on.
///
/// # Errors
/// When the statement fails.
pub async fn oldest_alive(session: &Session, company_id: i64, of: ViewLogScope) -> Result<Option<DateTime<Utc>>> {
    if !session.scope().holds(company_id) {
        return Ok(None);
    }
    let (condition, id) = match of {
        ViewLogScope::Everything | ViewLogScope::Company(_) => ("company_id = ?", company_id),
        ViewLogScope::Project(id) => ("project_id = ?", id),
        ViewLogScope::ArContent(id) => ("ar_content_id = ?", id),
    };
    let text = format!(
        "SELECT min(started_at) FROM ar_view_sessions WHERE {condition} AND status = 'ACTIVE' AND device_type <> 'BOT'"
    );
    let statement = Prepared::<Nullable<Timestamptz>>::new(text).bind::<BigInt, _>(id);
    Ok(statement.get_result(&mut *session.connection().await?).await?)
}
