use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::{Company, StorageFolder};
use crate::enums::{StorageProvider, StorageTestStatus};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::{ContextExt, ListOf};
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A place for media.
    StorageConnection over models::StorageConnection
}

/// A place for the bytes of a company's media. What it signs in with is never told to anybody.
#[Object]
impl StorageConnection {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::StorageConnection>(self.0.id)
    }

    /// Its name, of 1 to 255 characters, unique in the company.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What kind of place it is.
    async fn provider(&self) -> StorageProvider {
        self.0.provider.into()
    }

    /// The address of an S3 that is not Amazon's.
    async fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// The region of the bucket.
    async fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The bucket of an S3.
    async fn bucket(&self) -> Option<&str> {
        self.0.bucket.as_deref()
    }

    /// The folder in the bucket, or in the program's own folder, that everything is below; null if there is none.
    async fn base_path(&self) -> Option<&str> {
        self.0.base_path.as_deref()
    }

    /// When its secret was last set; null if it has none. The secret itself cannot be read.
    async fn secret_set_at(&self) -> Option<DateTime<Utc>> {
        self.0.secrets_set_at
    }

    /// Whether it is the default of the company, which has at most one.
    async fn is_default(&self) -> bool {
        self.0.is_default
    }

    /// Whether it is used.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// When it was last tested.
    async fn last_tested_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_tested_at
    }

    /// How the last test ended; null before the first.
    async fn test_status(&self) -> Option<StorageTestStatus> {
        self.0.test_status.map(Into::into)
    }

    /// Why the last test failed, in words.
    async fn test_error(&self) -> Option<&str> {
        self.0.test_error.as_deref()
    }

    /// Whatever the studio keeps with it: an object.
    async fn metadata(&self) -> async_graphql::Json<&serde_json::Value> {
        async_graphql::Json(&self.0.metadata)
    }

    /// The studio.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// Grows by one with every edit of a client.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When a client last edited it.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// When it was deleted; null while it lives.
    async fn deleted_at(&self) -> Option<DateTime<Utc>> {
        self.0.deleted_at
    }

    /// Its folders, in order of creation.
    async fn folders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<StorageFolder>> {
        let paging = Paging::new(first, after, last, before);
        ctx.children::<models::StorageConnection, StorageFolder>(self.0.id, paging, ListOf::default()).await
    }
}

enum_filter! {
    /// What kind of place it must be.
    StorageProviderFilter of StorageProvider
}

enum_filter! {
    /// How the last test must have ended.
    StorageTestStatusFilter of StorageTestStatus
}

where_input! {
    /// Which places for media a list has.
    StorageConnectionWhereInput for StorageConnectionFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of such a name.
        name: StringFilter,
        /// Of such a kind.
        provider: StorageProviderFilter,
        /// That are used, or are not.
        is_active: bool,
        /// Whose last test ended so.
        test_status: StorageTestStatusFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of places for media.
    StorageConnectionOrder by StorageConnectionOrderField {
        /// When it was created.
        CreatedAt,
    }
}
