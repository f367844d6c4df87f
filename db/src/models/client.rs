//! Whom a studio works for.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{entity, insertable};
use crate::filter::filter;
use crate::schema::clients;

/// A row of `clients`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = clients, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Client {
    pub id: i64,
    pub company_id: i64,
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
    pub is_active: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    Client in clients as "client", scoped by company_id, deletable,
    ordered by ClientOrder { Name: name as Text, CreatedAt: created_at as Time },
    filtered by ClientFilter,
    child of Company by company_id,
);

filter! {
    /// Which clients a list holds; `search` looks at name, e-mail address and telephone number.
    ClientFilter of clients {
        company_id: reference,
        name: text,
        phone: text,
        email: text,
        created_at: time,
    } searched in name, email, phone
}

/// What a new client needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = clients)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewClient {
    pub company_id: i64,
    pub name: String,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    pub notes: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(Client from NewClient in clients);
