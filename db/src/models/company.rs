//! A studio: the tenant. Everything that a company owns carries its id.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::companies;
use crate::{Result, Session};

text_enum! {
    /// Whether a studio works.
    CompanyStatus {
        /// It works; its codes play.
        Active = "ACTIVE",
        /// Its codes say that they are suspended.
        Suspended = "SUSPENDED",
        /// It is kept for the record.
        Archived = "ARCHIVED",
    }
}

/// A row of `companies`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = companies, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Company {
    pub id: i64,
    pub name: String,
    pub slug: String,
    pub contact_email: Option<String>,
    pub status: CompanyStatus,
    pub time_zone: String,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    Company in companies as "company", scoped by id, deletable,
    ordered by CompanyOrder { CreatedAt: created_at as Time, Name: name as Text },
    filtered by CompanyFilter,
);

filter! {
    /// Which companies a list holds; `search` looks at name and address.
    CompanyFilter of companies {
        name: text,
        slug: text,
        contact_email: text,
        status: value(CompanyStatus),
        created_at: time,
    } searched in name, contact_email
}

/// What a new company needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = companies)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewCompany {
    pub name: String,
    pub slug: String,
    pub contact_email: Option<String>,
    pub time_zone: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Company {
    /// The live company of this slug.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_slug(session: &Session, slug: &str) -> Result<Option<Self>> {
        let row = companies::table
            .filter(companies::slug.eq(slug.to_owned()))
            .filter(companies::deleted_at.is_null())
            .select(Self::as_select());
        let row: Option<Self> = row.get_result(&mut *session.connection().await?).await.optional()?;
        Ok(row.filter(|company| session.scope().holds(company.id)))
    }
}

insertable!(Company from NewCompany in companies);
