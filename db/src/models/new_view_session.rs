//! Views that begin.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Int8, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::view_session::{DeviceType, PlaybackSource, Row, TrackingQuality, ViewSession, giving_views};
use crate::prepared::Prepared;
use crate::{Result, Tx};

/// What a new view needs.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewViewSession {
    pub company_id: i64,
    pub project_id: i64,
    pub ar_content_id: i64,
    pub video_id: Option<i64>,
    pub session_id: Uuid,
    pub source: PlaybackSource,
    pub device_type: DeviceType,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub user_agent: Option<String>,
    pub country: Option<String>,
    pub city: Option<String>,
    pub network: Option<String>,
    /// Who looks, as a number that is another one on each day; none for programs.
    pub viewer: Option<i64>,
    pub tracking_quality: TrackingQuality,
    pub started_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl ViewSession {
    /// Stores views that are not there yet and gives those that it stored. Two writers that store some of the same
    /// views wait for each other, so both go by session id.
    ///
    /// Each is told whether it is its viewer's first, among those that are there and those before it here. Two writers
    /// that store the first two of one viewer in the same moment do not see each other's: then both are first.
    ///
    /// # Errors
    /// When a constraint refuses one or the statement fails.
    pub async fn insert_all(tx: &Tx, new: &[NewViewSession]) -> Result<Vec<Self>> {
        let rows = giving_views!(
            "INSERT INTO ar_view_sessions (company_id, project_id, ar_content_id, video_id, session_id, source, status,
                device_type, browser, os, user_agent, country, city, network, viewer, first_in_company,
                first_in_project, first_in_ar_content, tracking_quality, started_at, updated_at, last_seen_at)
             SELECT company_id, project_id, ar_content_id, video_id, session_id, source, 'ACTIVE',
                device_type, browser, os, user_agent, country, city, network, viewer,
                viewer IS NOT NULL AND CASE WHEN row_number() OVER company > 1 THEN false ELSE
                    NOT EXISTS (SELECT FROM ar_view_sessions old
                        WHERE old.company_id = new.company_id AND old.viewer = new.viewer) END,
                viewer IS NOT NULL AND CASE WHEN row_number() OVER project > 1
                        OR EXISTS (SELECT FROM ar_view_sessions old
                            WHERE old.company_id = new.company_id AND old.viewer = new.viewer
                                AND old.ar_content_id = new.ar_content_id AND old.project_id = new.project_id)
                    THEN false ELSE
                    NOT EXISTS (SELECT FROM ar_view_sessions old
                        WHERE old.company_id = new.company_id AND old.viewer = new.viewer
                            AND old.project_id = new.project_id) END,
                viewer IS NOT NULL AND CASE WHEN row_number() OVER content > 1 THEN false ELSE
                    NOT EXISTS (SELECT FROM ar_view_sessions old
                        WHERE old.company_id = new.company_id AND old.viewer = new.viewer
                            AND old.ar_content_id = new.ar_content_id) END,
                tracking_quality, started_at, updated_at, started_at
             FROM (
                SELECT DISTINCT ON (session_id) new.*
                FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WITH ORDINALITY AS new(company_id,
                    project_id, ar_content_id, video_id, session_id, source, device_type, browser, os, user_agent,
                    country, city, network, viewer, tracking_quality, started_at, updated_at, place)
                WHERE NOT EXISTS (SELECT FROM ar_view_sessions old WHERE old.session_id = new.session_id)
                ORDER BY session_id, place
             ) new
             WINDOW company AS (PARTITION BY company_id, viewer ORDER BY place),
                project AS (PARTITION BY company_id, viewer, project_id ORDER BY place),
                content AS (PARTITION BY company_id, viewer, ar_content_id ORDER BY place)
             ORDER BY session_id
             ON CONFLICT (session_id) DO NOTHING
             RETURNING",
            ""
        )
        .bind::<Array<Int8>, Vec<i64>>(new.iter().map(|view| view.company_id).collect())
        .bind::<Array<Int8>, Vec<i64>>(new.iter().map(|view| view.project_id).collect())
        .bind::<Array<Int8>, Vec<i64>>(new.iter().map(|view| view.ar_content_id).collect())
        .bind::<Array<Nullable<Int8>>, Vec<Option<i64>>>(new.iter().map(|view| view.video_id).collect())
        .bind::<Array<SqlUuid>, Vec<Uuid>>(new.iter().map(|view| view.session_id).collect())
        .bind::<Array<Text>, Vec<PlaybackSource>>(new.iter().map(|view| view.source).collect())
        .bind::<Array<Text>, Vec<DeviceType>>(new.iter().map(|view| view.device_type).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.browser.clone()).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.os.clone()).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.user_agent.clone()).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.country.clone()).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.city.clone()).collect())
        .bind::<Array<Nullable<Text>>, Vec<Option<String>>>(new.iter().map(|view| view.network.clone()).collect())
        .bind::<Array<Nullable<Int8>>, Vec<Option<i64>>>(new.iter().map(|view| view.viewer).collect())
        .bind::<Array<Text>, Vec<TrackingQuality>>(new.iter().map(|view| view.tracking_quality).collect())
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(new.iter().map(|view| view.started_at).collect())
        .bind::<Array<Timestamptz>, Vec<DateTime<Utc>>>(new.iter().map(|view| view.updated_at).collect());
        Ok(rows.load(&mut *tx.connection().await?).await?)
    }
}
