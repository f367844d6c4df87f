//! Opens a received file and measures it: what cannot be opened must not become a printed marker or a video.
//!
//! The readers of video containers are our own and read only the few numbers that are needed. General parsers
//! trust the sample tables: a forged file of one kilobyte makes them loop for ever or ask for gigabytes.

mod mp4;
mod photo;
mod webm;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::receive::ReceiveError;
use super::{StorageError, Store};

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measures {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) duration_ms: Option<i64>,
}

/// Measures the object, which begins like a file of this type.
pub(super) async fn measure(store: &Store, key: &Path, mime_type: &'static str) -> Result<Measures, ReceiveError> {
    let size = store.objects.head(key).await?.size;
    let file = File { objects: store.objects.as_ref(), key, size };
    let measures = match mime_type {
        "video/mp4" | "video/quicktime" => mp4::measure(&file).await?,
        "video/webm" => webm::measure(&file).await?,
        _ => photo::measure(&file, &store.decoding, mime_type).await?,
    };
    measures.ok_or(ReceiveError::Damaged { mime_type })
}

/// A stored file, read by pieces.
struct File<'a> {
    objects: &'a dyn ObjectStore,
    key: &'a Path,
    size: u64,
}

impl File<'_> {
    /// The bytes from `offset` on, at most `length` and fewer at the end of the file.
    async fn read(&self, offset: u64, length: u64) -> Result<Bytes, StorageError> {
        let end = offset.saturating_add(length).min(self.size);
        if offset >= end {
            return Ok(Bytes::new());
        }
        Ok(self.objects.get_range(self.key, offset..end).await?)
    }
}
