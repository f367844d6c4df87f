//! A folder of a project: a tree, in which orders may lie.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entity::{entity, insertable};
use crate::filter::filter;
use crate::schema::folders;

/// A row of `folders`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = folders, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Folder {
    pub id: i64,
    pub company_id: i64,
    pub project_id: i64,
    pub parent_id: Option<i64>,
    pub name: String,
    pub path: String,
    pub description: Option<String>,
    pub sort_order: i32,
    pub is_active: bool,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub deleted_at: Option<DateTime<Utc>>,
    pub deletion_id: Option<Uuid>,
}

entity!(
    Folder in folders as "folder", scoped by company_id, deletable,
    ordered by FolderOrder { CreatedAt: created_at as Time, Path: path as Text },
    filtered by FolderFilter,
    child of Project by project_id,
    child of Folder by parent_id,
);

filter! {
    /// Which folders a list holds; `search` looks at the name.
    FolderFilter of folders {
        company_id: reference,
        project_id: reference,
        parent_id: reference,
        name: text,
        path: text,
        is_active: value(bool),
        created_at: time,
    } searched in name
}

/// What a new folder needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = folders)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewFolder {
    pub company_id: i64,
    pub project_id: i64,
    pub parent_id: Option<i64>,
    /// The parent's path; empty where there is no parent. The database refuses another one.
    pub parent_path: String,
    pub name: String,
    pub description: Option<String>,
    pub sort_order: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(Folder from NewFolder in folders);
