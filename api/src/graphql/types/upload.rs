use arvlite_db::models;
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::Media;
use crate::enums::{UploadKind, UploadStatus};
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
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
}
