//! Whether the storage works at all.

use bytes::Bytes;
use object_store::ObjectStoreExt;
use object_store::path::Path;

use super::{INCOMING, StorageError, Store, random_name};

impl Store {
    /// Writes an object, reads it again and removes it.
    ///
    /// # Errors
    /// When one of that fails. What is left then is swept like a broken upload.
    pub async fn try_out(&self) -> Result<(), StorageError> {
        let key = Path::from(format!("{INCOMING}/{}", random_name()));
        let written = Bytes::from(random_name());
        self.objects.put(&key, written.clone().into()).await?;
        let read = async { self.objects.get(&key).await?.bytes().await }.await;
        self.objects.delete(&key).await?;
        if read? == written { Ok(()) } else { Err(StorageError::Altered) }
    }
}
