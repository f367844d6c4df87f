//! An object on its way in, and the promise that it does not stay behind.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use tokio::runtime::Handle;

use super::{INCOMING, StorageError, Store, random_name};

/// A temporary object. Dropping it removes whatever has been written so far.
pub(super) struct Temporary {
    objects: Arc<dyn ObjectStore>,
    key: Path,
    stage: Stage,
}

enum Stage {
    Writing(Box<dyn MultipartUpload>),
    Written,
    Kept,
}

impl Temporary {
    pub(super) async fn create(store: &Store) -> Result<Self, StorageError> {
        let key = Path::from_iter([INCOMING, &random_name()]);
        let upload = store.objects.put_multipart(&key).await?;
        Ok(Self { objects: Arc::clone(&store.objects), key, stage: Stage::Writing(upload) })
    }

    pub(super) fn key(&self) -> &Path {
        &self.key
    }

    /// Appends a part. Every part but the last must have the size that the back end asks for.
    pub(super) async fn write(&mut self, part: Bytes) -> Result<(), StorageError> {
        if let Stage::Writing(upload) = &mut self.stage {
            upload.put_part(part.into()).await?;
        }
        Ok(())
    }

    /// Makes what was written durable and readable under the temporary key.
    ///
    /// Runs in a task of its own: a caller that goes away in the middle must not leave an object that nobody removes.
    pub(super) async fn finish(mut self) -> Result<Self, StorageError> {
        let finished = tokio::spawn(async move {
            if let Stage::Writing(upload) = &mut self.stage {
                upload.complete().await?;
                self.stage = Stage::Written;
            }
            Ok(self)
        });
        finished.await?
    }

    /// Gives the finished object its lasting key.
    pub(super) async fn rename(mut self, key: Path) -> Result<(), StorageError> {
        let renamed = tokio::spawn(async move {
            self.objects.rename(&self.key, &key).await?;
            drop(self.release());
            Ok(())
        });
        renamed.await?
    }

    /// From here on nothing is removed.
    fn release(&mut self) -> Stage {
        std::mem::replace(&mut self.stage, Stage::Kept)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let stage = self.release();
        // Without a runtime the process is about to end; the sweep at the next start finds the rest.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (objects, key) = (Arc::clone(&self.objects), self.key.clone());
        match stage {
            Stage::Writing(mut upload) => drop(runtime.spawn(async move { upload.abort().await })),
            Stage::Written => drop(runtime.spawn(async move { objects.delete(&key).await })),
            Stage::Kept => {}
        }
    }
}
