//! An order of a studio: the printed photo with its code, and everything that hangs on it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::edit::editable;
use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::ar_content;
use crate::{Result, Session, Tx};

text_enum! {
    /// Where an order stands.
    ArContentStatus {
        /// It waits for its photo or for a video that can play.
        Pending = "PENDING",
        /// Its media are examined.
        Processing = "PROCESSING",
        /// Its code plays.
        Ready = "READY",
        /// Its media could not be used.
        Failed = "FAILED",
        /// It was put away; its code says so.
        Archived = "ARCHIVED",
    }
}

/// A row of `ar_content`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = ar_content, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct ArContent {
    pub id: i64,
    pub company_id: i64,
    pub project_id: i64,
    pub folder_id: Option<i64>,
    pub client_id: Option<i64>,
    pub active_video_id: Option<i64>,
    pub photo_media_id: Option<i64>,
    pub unique_id: Uuid,
    pub order_number: String,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_email: Option<String>,
    pub duration_years: i32,
    pub expires_at: DateTime<Utc>,
    pub views_count: i64,
    pub status: ArContentStatus,
    pub content_metadata: serde_json::Value,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    ArContent in ar_content as "arContent", scoped by company_id, deletable,
    ordered by ArContentOrder {
        CreatedAt: created_at as Time,
        UpdatedAt: updated_at as Time,
        OrderNumber: order_number as Text,
        ExpiresAt: expires_at as Time,
    },
    filtered by ArContentFilter,
    child of Project by project_id,
    child of Folder by folder_id,
    child of Client by client_id,
    child of Company by company_id,
);

filter! {
    /// Which orders a list holds; `search` looks at the number and at what is known of the customer.
    ArContentFilter of ar_content {
        company_id: reference,
        unique_id: value(Uuid),
        project_id: reference,
        folder_id: reference,
        client_id: reference,
        order_number: text,
        customer_name: text,
        customer_phone: text,
        customer_email: text,
        status: value(ArContentStatus),
        created_at: time,
        expires_at: time,
    } searched in order_number, customer_name, customer_phone, customer_email
}

/// What a new order needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = ar_content)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewArContent {
    pub company_id: i64,
    pub project_id: i64,
    pub folder_id: Option<i64>,
    pub client_id: Option<i64>,
    pub photo_media_id: Option<i64>,
    pub unique_id: Uuid,
    pub order_number: String,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    pub customer_email: Option<String>,
    pub duration_years: i32,
    pub expires_at: DateTime<Utc>,
    pub status: ArContentStatus,
    pub content_metadata: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(ArContent from NewArContent in ar_content);

editable! {
    /// What clients may change of an order.
    ArContentEdit of ArContent in ar_content {
        folder_id: Option<i64>,
        client_id: Option<i64>,
        active_video_id: Option<i64>,
        photo_media_id: Option<i64>,
        order_number: String,
        customer_name: Option<String>,
        customer_phone: Option<String>,
        customer_email: Option<String>,
        status: ArContentStatus,
        content_metadata: serde_json::Value,
    }
}

impl ArContent {
    /// The order of this code, deleted or not.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_unique_id(session: &Session, unique_id: Uuid) -> Result<Option<Self>> {
        Ok(Self::by_unique_ids(session, &[unique_id]).await?.pop())
    }

    /// The orders of these codes, deleted or not.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_unique_ids(session: &Session, unique_ids: &[Uuid]) -> Result<Vec<Self>> {
        let rows =
            ar_content::table.filter(ar_content::unique_id.eq_any(unique_ids.to_vec())).select(Self::as_select());
        let rows: Vec<Self> = rows.load(&mut *session.connection().await?).await?;
        Ok(rows.into_iter().filter(|content| session.scope().holds(content.company_id)).collect())
    }

    /// Whether a live order of the project has this number.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn number_is_taken(session: &Session, project_id: i64, order_number: &str) -> Result<bool> {
        let taken = diesel::select(diesel::dsl::exists(
            ar_content::table
                .filter(ar_content::project_id.eq(project_id))
                .filter(ar_content::order_number.eq(order_number.to_owned()))
                .filter(ar_content::deleted_at.is_null()),
        ));
        Ok(taken.get_result(&mut *session.connection().await?).await?)
    }

    /// Moves an order to another status: a processing state, which the version does not count.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_status(tx: &Tx, id: i64, status: ArContentStatus) -> Result<Self> {
        let row = diesel::update(ar_content::table.find(id))
            .set(ar_content::status.eq(status))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }
}
