use arvlite_db::models;
use async_graphql::{Context, ID, Object};

use super::StorageConnection;
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::node::node_type;
use crate::graphql::scalars::Bytes;

node_type! {
    /// A stored object.
    Media over models::Media
}

/// A stored object: a photo's or a video's bytes. It never changes.
#[Object]
impl Media {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::Media>(self.0.id)
    }

    /// Where its bytes are. Whoever knows the address may read them: no sign-in.
    async fn url(&self, ctx: &Context<'_>) -> String {
        ctx.app().config.media_url(&self.0.name)
    }

    /// Its type, found in its bytes, such as image/jpeg.
    async fn mime_type(&self) -> &str {
        &self.0.mime_type
    }

    /// How many bytes it has.
    async fn size_bytes(&self) -> Bytes {
        Bytes(self.0.size_bytes)
    }

    /// The SHA-256 of its bytes, in hexadecimal digits.
    async fn sha256(&self) -> &str {
        &self.0.sha256
    }

    /// Its width in pixels, as it is shown.
    async fn width(&self) -> Option<i32> {
        self.0.width
    }

    /// Its height in pixels, as it is shown.
    async fn height(&self) -> Option<i32> {
        self.0.height
    }

    /// The place that keeps it; null if that is the program's own folder, or if you may not see what keeps the studio
    /// running.
    async fn storage_connection(&self, ctx: &Context<'_>) -> Result<Option<StorageConnection>> {
        ctx.one_of(self.0.storage_connection_id).await
    }
}
