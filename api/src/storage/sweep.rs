//! Removes what a killed process left in the middle of an upload.

use std::path::Path as FilePath;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::path::Path;

use super::{INCOMING, StorageError, Store};

impl Store {
    /// Deletes temporary objects that nobody has written to for `age`, and tells how many.
    ///
    /// Other processes may be receiving into the same place, so `age` must be longer than any upload's pause.
    pub async fn sweep_incoming(&self, age: Duration, now: DateTime<Utc>) -> Result<usize, StorageError> {
        let before = now - age;
        match &self.folder {
            Some(folder) => sweep_folder(&folder.join(INCOMING), before.into()).await.map_err(StorageError::Folder),
            None => self.sweep_objects(before).await,
        }
    }

    async fn sweep_objects(&self, before: DateTime<Utc>) -> Result<usize, StorageError> {
        let mut swept = 0;
        let mut objects = self.objects.list(Some(&Path::from(INCOMING)));
        while let Some(object) = objects.try_next().await? {
            if object.last_modified < before {
                self.delete(object.location.as_ref()).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// By the file system itself: object_store does not list files that it was still writing.
async fn sweep_folder(folder: &FilePath, before: SystemTime) -> std::io::Result<usize> {
    let mut files = match tokio::fs::read_dir(folder).await {
        Ok(files) => files,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut swept = 0;
    while let Some(file) = files.next_entry().await? {
        // A file that vanishes meanwhile has been kept or removed by its own upload.
        let Ok(metadata) = file.metadata().await else {
            continue;
        };
        if metadata.is_file() && metadata.modified()? < before && tokio::fs::remove_file(file.path()).await.is_ok() {
            swept += 1;
        }
    }
    Ok(swept)
}
