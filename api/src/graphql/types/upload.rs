use arvlite_db::models;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::Media;
use super::audit_entry::{AuditEntry, history};
use crate::enums::{UploadKind, UploadStatus};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;
use crate::graphql::scalars::Bytes;

node_type! {
    /// Bytes on their way in. Named so because `Upload` is the customary name of the multipart scalar.
    MediaUpload over models::Upload
}

/// Why bytes were refused.
#[derive(Debug, Clone, SimpleObject)]
pub struct UploadFailure {
    /// A code for programs.
    pub code: String,
    /// In words.
    pub message: String,
}

/// Bytes on their way in, and the object that they became. Named so because `Upload` is the customary name of the
/// multipart scalar.
#[Object]
impl MediaUpload {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Upload>(self.0.id)
    }

    /// What is uploaded.
    async fn kind(&self) -> UploadKind {
        self.0.kind.into()
    }

    /// How far it came.
    async fn status(&self) -> UploadStatus {
        self.0.status.into()
    }

    /// The name of the file.
    async fn filename(&self) -> &str {
        &self.0.filename
    }

    /// What the client said it is.
    async fn declared_mime_type(&self) -> &str {
        &self.0.declared_mime_type
    }

    /// How many bytes the client said it has.
    async fn declared_size_bytes(&self) -> Bytes {
        Bytes(self.0.declared_size_bytes)
    }

    /// How many bytes arrived.
    async fn received_bytes(&self) -> Bytes {
        Bytes(self.0.received_bytes)
    }

    /// The object that it became.
    async fn media(&self, ctx: &Context<'_>) -> Result<Option<Media>> {
        ctx.one_of(self.0.media_id).await
    }

    /// Why its bytes were refused.
    async fn failure(&self) -> Option<UploadFailure> {
        let code = self.0.failure_code.clone()?;
        Some(UploadFailure { code, message: self.0.failure_message.clone().unwrap_or_default() })
    }

    /// Until when it can be used.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// What was done to it, oldest first. For those who may see what was done in the company.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        history(ctx, &*self.0, Paging::new(first, after, last, before)).await
    }
}

enum_filter! {
    /// What must be uploaded.
    UploadKindFilter of UploadKind
}

enum_filter! {
    /// How far an upload must have come.
    UploadStatusFilter of UploadStatus
}

where_input! {
    /// Which uploads a list has.
    UploadWhereInput for UploadFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of such a kind.
        kind: UploadKindFilter,
        /// That came that far.
        status: UploadStatusFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of uploads.
    UploadOrder by UploadOrderField {
        /// When it was created.
        CreatedAt,
    }
}
