//! Who looks now, and who came and went lately: counted from the views themselves, a row for each order and kind of
//! device.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Int8, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::models::{DeviceType, ViewLogScope};
use crate::prepared::Prepared;
use crate::{Result, Session};

/// Views of one order on one kind of device. Programs are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct LiveViews {
    /// The order.
    pub ar_content_id: i64,
    /// The kind of device.
    pub device_type: DeviceType,
    /// Views that go on.
    pub active: i64,
    /// Views that began since, going on or over.
    pub started: i64,
    /// Views that ended since, by themselves or by their silence.
    pub ended: i64,
    /// How long the video has played in all of them that said so.
    pub watched_seconds: i64,
    /// How many said so.
    pub watched: i64,
}

/// Views that go on or ended since an instant, narrowed to a part of a company. One that was silent for too long
/// ended when it was last heard of, although nobody has written that down yet: so does one of this morning that a phone
/// tells only now.
macro_rules! live_views_of {
    ($part:literal) => {
        concat!(
            "SELECT ar_content_id, device_type, count(*) FILTER (WHERE ended_at IS NULL),
                count(*) FILTER (WHERE started_at > since), count(ended_at), coalesce(sum(duration_seconds), 0)::int8,
                count(duration_seconds)
             FROM (
                SELECT ar_content_id, device_type, started_at,
                    CASE WHEN last_seen_at < heard_since THEN last_seen_at END AS ended_at, duration_seconds, since
                FROM ar_view_sessions, (SELECT ?::int8 AS company, ?::int8 AS part, ?::timestamptz AS since,
                    ?::timestamptz AS heard_since) wanted
                WHERE company_id = company AND ",
            $part,
            " AND status = 'ACTIVE' AND (last_seen_at >= heard_since OR last_seen_at > since) AND device_type <> 'BOT'
                UNION ALL
                SELECT ar_content_id, device_type, started_at, ended_at, duration_seconds, since
                FROM ar_view_sessions, (SELECT ?::int8 AS company, ?::int8 AS part, ?::timestamptz AS since) wanted
                WHERE company_id = company AND ",
            $part,
            " AND ended_at > since AND device_type <> 'BOT'
             ) view
             GROUP BY ar_content_id, device_type"
        )
    };
}

impl LiveViews {
    /// The views of a part of a company that go on, which were heard of since `heard_since`, or that ended after `since`.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn since(
        session: &Session,
        company_id: i64,
        of: ViewLogScope,
        since: DateTime<Utc>,
        heard_since: DateTime<Utc>,
    ) -> Result<Vec<Self>> {
        if !session.scope().holds(company_id) {
            return Ok(Vec::new());
        }
        let (text, part) = match of {
            ViewLogScope::Everything | ViewLogScope::Company(_) => (live_views_of!("part = company_id"), company_id),
            ViewLogScope::Project(id) => (live_views_of!("project_id = part"), id),
            ViewLogScope::ArContent(id) => (live_views_of!("ar_content_id = part"), id),
        };
        let rows = Prepared::<(Int8, Text, Int8, Int8, Int8, Int8, Int8)>::new(text)
            .bind::<Int8, _>(company_id)
            .bind::<Int8, _>(part)
            .bind::<Timestamptz, _>(since)
            .bind::<Timestamptz, _>(heard_since)
            .bind::<Int8, _>(company_id)
            .bind::<Int8, _>(part)
            .bind::<Timestamptz, _>(since);
        Ok(rows.load(&mut *session.connection().await?).await?)
    }
}
