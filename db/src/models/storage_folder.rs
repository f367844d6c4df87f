//! A part of a storage connection, and what was in it when it was last counted.

use chrono::{DateTime, Utc};
use diesel::{Insertable, Queryable, Selectable, SelectableHelper};
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::schema::storage_folders;

text_enum! {
    /// What is kept in a folder.
    StorageFolderType {
        /// Photos of orders.
        ArContent = "AR_CONTENT",
        /// Videos that play over them.
        Videos = "VIDEOS",
        /// What phones know a photo by.
        Markers = "MARKERS",
        /// Small pictures of photos and videos.
        Thumbnails = "THUMBNAILS",
        /// Printed codes.
        QrCodes = "QR_CODES",
        /// Photos of orders, as older systems called them.
        Portraits = "PORTRAITS",
        /// Anything else.
        Custom = "CUSTOM",
    }
}

/// A row of `storage_folders`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = storage_folders, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct StorageFolder {
    pub id: i64,
    pub company_id: i64,
    pub storage_connection_id: i64,
    pub name: String,
    pub path: String,
    pub folder_type: StorageFolderType,
    pub files_count: i32,
    pub total_size_bytes: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

entity!(
    StorageFolder in storage_folders as "storageFolder", scoped by company_id, permanent,
    ordered by StorageFolderOrder { CreatedAt: created_at as Time },
    filtered by StorageFolderFilter,
    child of StorageConnection by storage_connection_id,
    child of Company by company_id,
);

filter! {
    /// Which folders a list holds.
    StorageFolderFilter of storage_folders {
        company_id: reference,
        storage_connection_id: reference,
        folder_type: value(StorageFolderType),
        created_at: time,
    }
}

/// What a new folder needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = storage_folders)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewStorageFolder {
    pub company_id: i64,
    pub storage_connection_id: i64,
    pub name: String,
    pub path: String,
    pub folder_type: StorageFolderType,
    pub files_count: i32,
    pub total_size_bytes: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(StorageFolder from NewStorageFolder in storage_folders);
