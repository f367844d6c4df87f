use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{Company, StorageConnection};
use crate::enums::StorageFolderType;
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;
use crate::graphql::scalars::Bytes;

node_type! {
    /// A part of a place for media.
    StorageFolder over models::StorageFolder
}

/// A part of a place for media, and what was in it when it was last counted.
#[Object]
impl StorageFolder {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::StorageFolder>(self.0.id)
    }

    /// Its name, of 1 to 255 characters.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Where it is below the base path of its connection; unique there.
    async fn path(&self) -> &str {
        &self.0.path
    }

    /// What is kept in it.
    async fn folder_type(&self) -> StorageFolderType {
        self.0.folder_type.into()
    }

    /// How many files were in it.
    async fn files_count(&self) -> i32 {
        self.0.files_count
    }

    /// How many bytes they had together.
    async fn total_size_bytes(&self) -> Bytes {
        Bytes(self.0.total_size_bytes)
    }

    /// The place that it is a part of.
    async fn storage_connection(&self, ctx: &Context<'_>) -> Result<StorageConnection> {
        ctx.the(self.0.storage_connection_id).await
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was last counted.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

enum_filter! {
    /// What must be kept in a folder.
    StorageFolderTypeFilter of StorageFolderType
}

where_input! {
    /// Which folders of places for media a list has.
    StorageFolderWhereInput for StorageFolderFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of these places.
        storage_connection_id: IdFilter of StorageConnection,
        /// In which such things are kept.
        folder_type: StorageFolderTypeFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of folders of places for media.
    StorageFolderOrder by StorageFolderOrderField {
        /// When it was created.
        CreatedAt,
    }
}
