//! A studio's project: a wedding, a school year, a campaign.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::projects;

text_enum! {
    /// Whether a project is worked on.
    ProjectStatus {
        /// It is worked on.
        Active = "ACTIVE",
        /// It rests; its codes play.
        Inactive = "INACTIVE",
        /// Its codes say that they are not published.
        Archived = "ARCHIVED",
    }
}

/// A row of `projects`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = projects, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Project {
    pub id: i64,
    pub company_id: i64,
    pub name: String,
    pub status: ProjectStatus,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    Project in projects as "project", scoped by company_id, deletable,
    ordered by ProjectOrder { CreatedAt: created_at as Time, Name: name as Text },
    filtered by ProjectFilter,
    child of Company by company_id,
);

filter! {
    /// Which projects a list holds; `search` looks at the name.
    ProjectFilter of projects {
        company_id: reference,
        name: text,
        status: value(ProjectStatus),
        created_at: time,
    } searched in name
}

/// What a new project needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = projects)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewProject {
    pub company_id: i64,
    pub name: String,
    pub status: ProjectStatus,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(Project from NewProject in projects);
