//! Parts of places for media.

use arvlite_api::global_id;
use arvlite_db::models::{Role, StorageFolder};
use serde_json::json;

use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_tells_what_was_counted_in_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let storage = app.storage(studio.company.id, "bergamot").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let document =
        "query ($id: ID!) { storageFolder(id: $id) { name path folderType filesCount totalSizeBytes createdAt
        updatedAt company { name } storageConnection { name } } storageFolders { totalCount nodes { id } } }";
    let id = global_id::encode::<StorageFolder>(storage.folder.id);
    let expected = json!({
        "storageFolder": {
            "name": "bergamot videos", "path": "bergamot/videos", "folderType": "VIDEOS", "filesCount": 3,
            "totalSizeBytes": "5000000000", "createdAt": "2026-11-21T12:00:00+00:00",
            "updatedAt": "2026-11-21T12:00:00+00:00", "company": { "name": "Studio" },
            "storageConnection": { "name": "bergamot storage" },
        },
        "storageFolders": { "totalCount": 1, "nodes": [{ "id": id }] },
    });
    assert_eq!(manager.ask(document, json!({ "id": id })).await, expected);
    let stranger = app.member(app.studio("Other").await.company.id, Role::Manager).await;
    let nothing = json!({ "storageFolder": null, "storageFolders": { "totalCount": 0, "nodes": [] } });
    assert_eq!(stranger.ask(document, json!({ "id": id })).await, nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_is_no_folder() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let storage = app.storage(studio.company.id, "bergamot").await;
    let insert = |company: i64, path: &str, folder_type: &str| {
        format!(
            "INSERT INTO storage_folders (company_id, storage_connection_id, name, path, folder_type, created_at, updated_at)
             VALUES ({company}, {}, 'name', '{path}', '{folder_type}', now(), now())",
            storage.connection.id
        )
    };
    app.change(&insert(studio.company.id, "bergamot/codes", "QR_CODES")).await;
    for (company, path, folder_type, constraint) in [
        (studio.company.id, "bergamot/codes", "CUSTOM", "storage_folders_storage_connection_id_path_key"),
        (studio.company.id, "../codes", "CUSTOM", "storage_folders_path_check"),
        (studio.company.id, "", "CUSTOM", "storage_folders_path_check"),
        (studio.company.id, "bergamot/others", "qr-codes", "storage_folders_folder_type_check"),
        (other.company.id, "bergamot/others", "CUSTOM", "storage_folders_company_id_storage_connection_id_fkey"),
    ] {
        assert_eq!(app.refusal(&insert(company, path, folder_type)).await, constraint);
    }
}
