//! Stored media: where bytes live, how they come in, how they are read again.
//!
//! Everything here speaks of streams, keys and files; GraphQL, HTTP, sign-ins and rows are not known.
//! Start with [`Store`]; [`receive`] tells the way of an upload, [`probe`] what a file must be to be kept.

mod kinds;
mod probe;
mod receive;
mod sweep;
mod temporary;
#[cfg(test)]
mod tests;
mod trial;

use std::ops::Range;
use std::path::Path as FilePath;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};
use tokio::sync::Semaphore;

pub use kinds::{UploadKind, UploadLimits};
pub use receive::{MediaFacts, ReceiveError, Received, StoredObject, Terms};

/// Objects that are not yet anybody's live under this prefix.
const INCOMING: &str = "incoming";

/// A decoded photo may take a quarter of a gigabyte, so few are decoded at a time.
const PHOTOS_DECODED_AT_ONCE: usize = 2;

/// How much of an upload is held in memory before it goes to a local disk.
const LOCAL_PART_BYTES: usize = 1024 * 1024;

/// The smallest part that S3 and its kin accept.
const REMOTE_PART_BYTES: usize = 5 * 1024 * 1024;

/// The place of all media. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// Set for the local back end, whose half-written files object_store does not list.
    folder: Option<PathBuf>,
    part_bytes: usize,
    decoding: Arc<Semaphore>,
}

impl Store {
    /// A store in a local folder, which is created where absent. What it has confirmed survives a power cut.
    pub fn local(folder: &FilePath) -> Result<Self, StorageError> {
        std::fs::create_dir_all(folder).map_err(StorageError::Folder)?;
        let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { folder: Some(folder.to_owned()), part_bytes: LOCAL_PART_BYTES, ..Self::over(Arc::new(objects)) })
    }

    /// A store over any other back end of object_store.
    pub fn over(objects: Arc<dyn ObjectStore>) -> Self {
        Self {
            objects,
            folder: None,
            part_bytes: REMOTE_PART_BYTES,
            decoding: Arc::new(Semaphore::new(PHOTOS_DECODED_AT_ONCE)),
        }
    }

    /// The bytes of an object, or of a part of it, piece by piece.
    pub async fn read(
        &self,
        key: &str,
        range: Option<Range<u64>>,
    ) -> Result<BoxStream<'static, Result<Bytes, StorageError>>, StorageError> {
        let options = GetOptions { range: range.map(Into::into), ..GetOptions::default() };
        let object = self.objects.get_opts(&Path::from(key), options).await?;
        Ok(object.into_stream().map_err(StorageError::from).boxed())
    }

    /// How many bytes the object has.
    pub async fn size(&self, key: &str) -> Result<u64, StorageError> {
        Ok(self.objects.head(&Path::from(key)).await?.size)
    }

    /// Makes an object with the bytes of another one. In a local folder both share their place on the disk.
    pub async fn copy(&self, from: &str, to: &str) -> Result<(), StorageError> {
        Ok(self.objects.copy(&Path::from(from), &Path::from(to)).await?)
    }

    /// Removes an object; one that is already gone is as good as removed.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.objects.delete(&Path::from(key)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => Ok(other?),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.objects)
    }
}

/// Why the storage could not do what it was asked. The words are fit for a client, the source is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// No object has this key.
    #[error("the stored file is missing")]
    Missing(#[source] object_store::Error),
    /// The back end refused, failed or did not answer.
    #[error("the media storage is not available")]
    Unavailable(#[source] object_store::Error),
    /// The local folder cannot be made or read.
    #[error("the media folder is not available")]
    Folder(#[source] std::io::Error),
    /// An object came back with other bytes than it was written with.
    #[error("the media storage gives other bytes than it was given")]
    Altered,
    /// The server is stopping, or a task of its own broke.
    #[error("the work on the stored file was broken off")]
    BrokenOff(#[from] tokio::task::JoinError),
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing(error),
            other => Self::Unavailable(other),
        }
    }
}

/// 128 random bits in hex: whoever knows the name may read the object, so it must not be guessable.
fn random_name() -> String {
    format!("{:032x}", rand::random::<u128>())
}
