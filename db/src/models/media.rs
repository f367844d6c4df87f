//! One stored object: a photo's or a video's bytes, and what is known of them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::models::StorageConnection;
use crate::schema::media;
use crate::{NoFilter, Result, Session, Tx};

/// A row of `media`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = media, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Media {
    pub id: i64,
    pub company_id: i64,
    pub name: String,
    pub key: String,
    pub mime_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub duration_ms: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub storage_connection_id: Option<i64>,
}

entity!(
    Media in media as "media", scoped by company_id, permanent,
    ordered by MediaOrder {},
    filtered by NoFilter,
);

/// What a new object needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = media)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewMedia {
    pub company_id: i64,
    pub name: String,
    pub key: String,
    pub mime_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub width: Option<i32>,
    pub height: Option<i32>,
    pub duration_ms: Option<i64>,
    pub created_at: DateTime<Utc>,
}

insertable!(Media from NewMedia in media);

impl Media {
    /// The object of this public name.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_name(session: &Session, name: &str) -> Result<Option<Self>> {
        let row = media::table.filter(media::name.eq(name.to_owned())).select(Self::as_select());
        let row: Option<Self> = row.get_result(&mut *session.connection().await?).await.optional()?;
        Ok(row.filter(|media| session.scope().holds(media.company_id)))
    }
    /// Says of all objects of a company that are in the program's own folder that this connection keeps them.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub async fn keep_at(tx: &Tx, connection: &StorageConnection) -> Result<usize> {
        let in_our_folder = media::company_id.eq(connection.company_id).and(media::storage_connection_id.is_null());
        let kept = diesel::update(media::table.filter(in_our_folder))
            .set(media::storage_connection_id.eq(Some(connection.id)));
        Ok(kept.execute(&mut *tx.connection().await?).await?)
    }
}
