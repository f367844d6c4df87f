//! The demo's places for media: each studio has the program's own folder, with what the seeding put there.

use arvlite_db::models::{
    Company, Media, NewStorageConnection, NewStorageFolder, StorageConnection, StorageFolder, StorageFolderType,
    StorageProvider, Upload, UploadKind,
};
use arvlite_db::{ChildOf, Page, Scope};

use super::seed::Seed;
use crate::storage;

const FOLDERS: [(UploadKind, storage::UploadKind, StorageFolderType, &str); 2] = [
    (UploadKind::Photo, storage::UploadKind::Photo, StorageFolderType::ArContent, "Photos"),
    (UploadKind::Video, storage::UploadKind::Video, StorageFolderType::Videos, "Videos"),
];

/// Writes the place of each company that has none yet, once its media are there.
pub(super) async fn write(seed: &Seed, companies: &[Company]) -> anyhow::Result<()> {
    let session = seed.app.db.session(Scope::Everything);
    for company in companies {
        let known =
            <StorageConnection as ChildOf<Company>>::of_parents(&session, &[company.id], &Page::first(1)).await?;
        if known.is_empty() {
            let uploads = <Upload as ChildOf<Company>>::of_parents(&session, &[company.id], &Page::first(1000)).await?;
            place(seed, company, &uploads).await?;
        }
    }
    Ok(())
}

async fn place(seed: &Seed, company: &Company, uploads: &[Upload]) -> anyhow::Result<()> {
    let (company_id, now) = (company.id, seed.now());
    let tx = seed.app.db.begin(Scope::Everything).await?;
    let connection = NewStorageConnection {
        company_id,
        name: "This server".to_owned(),
        provider: StorageProvider::Local,
        endpoint: None,
        region: None,
        bucket: None,
        base_path: None,
        is_default: true,
        created_at: now,
        updated_at: now,
    };
    let connection = StorageConnection::insert(&tx, &connection).await?;
    Media::keep_at(&tx, &connection).await?;
    for (kind, stored, folder_type, name) in FOLDERS {
        let sizes = uploads.iter().filter(|upload| upload.kind == kind).map(|upload| upload.received_bytes);
        let folder = NewStorageFolder {
            company_id,
            storage_connection_id: connection.id,
            name: name.to_owned(),
            path: format!("{company_id}/{}", stored.folder()),
            folder_type,
            files_count: i32::try_from(sizes.clone().count())?,
            total_size_bytes: sizes.sum(),
            created_at: now,
            updated_at: now,
        };
        StorageFolder::insert(&tx, &folder).await?;
    }
    tx.commit().await?;
    Ok(())
}
