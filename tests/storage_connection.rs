//! Places for media: who sees them, what the database holds them to, and that nobody ever reads what they sign in with.

use arvlite_api::domain::storage_connection::{decrypt_secrets, encrypt_secrets};
use arvlite_api::global_id;
use arvlite_api::secret::SecretKey;
use arvlite_db::models::{Company, Media, Role, StorageConnection};
use arvlite_db::{Entity, Scope};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::json;

use crate::support::contract::{Contract, Root};
use crate::support::{ALL_SCOPES, TestApp};

const LIST: &str = "{ storageConnections { totalCount nodes { name company { name } folders { nodes { name } } } } }";

/// The row as it is now.
async fn row(app: &TestApp, id: i64) -> StorageConnection {
    let session = app.app.db.session(Scope::Everything);
    StorageConnection::by_ids(&session, &[id]).await.unwrap().remove(0)
}

/// What a row signs in with, if one of these keys reads it.
async fn secret_of(app: &TestApp, key: &SecretKey, id: i64) -> Option<String> {
    let row = row(app, id).await;
    let encrypted = row.secrets(&app.app.db.session(Scope::Everything)).await.unwrap().unwrap();
    let plaintext = decrypt_secrets(key, &row, &encrypted)?;
    Some(String::from_utf8(plaintext.expose().to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_a_connection_and_everything_around_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let storage = app.storage(studio.company.id, "bergamot").await;
    let photo = app.media(studio.company.id, "image/jpeg").await;
    app.change(&format!("UPDATE media SET storage_connection_id = {}", storage.connection.id)).await;
    let manager = app.member(studio.company.id, Role::Manager).await;

    let id = global_id::encode::<StorageConnection>(storage.connection.id).0;
    let document = "query ($id: ID!, $photo: ID!) { storageConnection(id: $id) {
        name provider endpoint region bucket basePath secretSetAt isDefault isActive lastTestedAt testStatus testError
        metadata version deletedAt company { name storageConnections { nodes { id } } storageFolders { totalCount } }
        folders { nodes { name storageConnection { id } } } }
        node(id: $photo) { ... on Media { storageConnection { id } } } }";
    let photo = global_id::encode::<Media>(photo.id).0;
    let answer = manager.ask(document, json!({ "id": id, "photo": photo })).await;
    let expected = json!({
        "name": "bergamot storage", "provider": "S3", "endpoint": "https://bergamot.example.com",
        "region": "bergamot-west", "bucket": "bergamot-bucket", "basePath": "media/bergamot",
        "secretSetAt": "2026-11-21T12:00:00+00:00", "isDefault": false, "isActive": true,
        "lastTestedAt": null, "testStatus": null, "testError": null, "metadata": {}, "version": 1, "deletedAt": null,
        "company": { "name": "Studio", "storageConnections": { "nodes": [{ "id": id }] }, "storageFolders": { "totalCount": 1 } },
        "folders": { "nodes": [{ "name": "bergamot videos", "storageConnection": { "id": id } }] },
    });
    assert_eq!(answer["storageConnection"], expected);
    assert_eq!(answer["node"]["storageConnection"]["id"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn storage_is_seen_by_managers_only() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let company = studio.company.id;
    let storage = app.storage(company, "bergamot").await;
    let photo = app.media(company, "image/jpeg").await;
    app.change(&format!("UPDATE media SET storage_connection_id = {}", storage.connection.id)).await;
    let manager = app.member(company, Role::Manager).await;
    assert_eq!(manager.ask(LIST, json!({})).await["storageConnections"]["totalCount"], 1);
    let stranger = app.member(app.studio("Other").await.company.id, Role::Manager).await;
    assert_eq!(stranger.ask(LIST, json!({})).await["storageConnections"]["totalCount"], 0);

    let around = "query ($company: ID!, $photo: ID!, $storage: ID!) {
        company(id: $company) { storageConnections { totalCount nodes { id } } storageFolders { totalCount } }
        photo: node(id: $photo) { ... on Media { mimeType storageConnection { id } } } storage: node(id: $storage) { id } }";
    let ids = json!({
        "company": global_id::encode::<Company>(company), "photo": global_id::encode::<Media>(photo.id),
        "storage": global_id::encode::<StorageConnection>(storage.connection.id),
    });
    let nothing = json!({
        "company": { "storageConnections": null, "storageFolders": null },
        "photo": { "mimeType": "image/jpeg", "storageConnection": null }, "storage": null,
    });
    let (editor, viewer) = (app.member(company, Role::Editor).await, app.member(company, Role::Viewer).await);
    let key = app.key(company, Role::Manager, ALL_SCOPES).await;
    for caller in [&editor, &viewer, &key] {
        for list in [LIST, "{ storageFolders { totalCount } }"] {
            assert_eq!(caller.try_ask(list, json!({})).await.code(), "FORBIDDEN");
        }
        let answer = caller.try_ask(around, ids.clone()).await;
        assert_eq!((answer.code(), &answer.0["data"]), ("FORBIDDEN", &nothing));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_connection_leaves_the_lists_and_its_folders_still_find_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let storage = app.storage(studio.company.id, "bergamot").await;
    app.change("UPDATE storage_connections SET deleted_at = '2026-11-21Z', deletion_id = gen_random_uuid()").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let lists = "{ live: storageConnections { totalCount } gone: storageConnections(deleted: ONLY) { nodes { name } }
        companies { nodes { live: storageConnections { totalCount }
            all: storageConnections(deleted: INCLUDE) { totalCount } } }
        storageFolders { nodes { storageConnection { deletedAt } } } }";
    let expected = json!({
        "live": { "totalCount": 0 }, "gone": { "nodes": [{ "name": storage.connection.name }] },
        "companies": { "nodes": [{ "live": { "totalCount": 0 }, "all": { "totalCount": 1 } }] },
        "storageFolders": { "nodes": [{ "storageConnection": { "deletedAt": "2026-11-21T00:00:00+00:00" } }] },
    });
    assert_eq!(manager.ask(lists, json!({})).await, expected);
    // Its name is free again.
    app.storage(studio.company.id, "bergamot").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_narrowed_by_what_is_asked() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let first = app.storage(studio.company.id, "bergamot").await.connection.id;
    let second = app.storage(studio.company.id, "cardamom").await.connection.id;
    app.change(&format!(
        "UPDATE storage_connections SET is_active = false, test_status = 'ERROR', test_error = 'it did not answer',
             last_tested_at = created_at, created_at = created_at + interval '1 hour' WHERE id = {first};
         UPDATE storage_folders SET folder_type = 'MARKERS' WHERE storage_connection_id = {first}"
    ))
    .await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let named = async |list: &str, condition: &str| {
        let order = "orderBy: { field: CREATED_AT, direction: ASC }";
        let document = format!("{{ list: {list}(where: {{ {condition} }}, {order}) {{ nodes {{ name }} }} }}");
        let answer = manager.ask(&document, json!({})).await;
        let nodes = answer["list"]["nodes"].as_array().unwrap().iter();
        nodes.map(|node| node["name"].as_str().unwrap().split_once(' ').unwrap().0.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named("storageConnections", "provider: { eq: S3 }").await, ["cardamom", "bergamot"]);
    for condition in [
        "testStatus: { eq: ERROR }",
        "isActive: false",
        "name: { startsWith: \"BERG\" }",
        "NOT: { testStatus: { oneOf: [SUCCESS] }, isActive: true }, createdAt: { range: { gt: \"2026-11-21T12:00:00Z\" } }",
    ] {
        assert_eq!(named("storageConnections", condition).await, ["bergamot"], "{condition}");
    }
    let of_second = format!("storageConnectionId: {{ eq: \"{}\" }}", global_id::encode::<StorageConnection>(second).0);
    assert_eq!(named("storageFolders", &of_second).await, ["cardamom"]);
    assert_eq!(named("storageFolders", "folderType: { oneOf: [MARKERS, QR_CODES] }").await, ["bergamot"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_is_no_connection() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let storage = app.storage(studio.company.id, "bergamot").await;
    app.media(studio.company.id, "image/jpeg").await;
    app.change(&format!("UPDATE media SET storage_connection_id = {}", storage.connection.id)).await;
    let insert = |company: i64, name: &str, more: &str, values: &str| {
        format!(
            "INSERT INTO storage_connections (company_id, name, provider, created_at, updated_at{more})
             VALUES ({company}, '{name}', 'LOCAL', now(), now(){values})"
        )
    };
    let ours = |name: &str, more: &str, values: &str| insert(studio.company.id, name, more, values);
    app.change(&ours("default", ", is_default", ", true")).await;
    app.change(&insert(other.company.id, "default", ", is_default", ", true")).await;
    for (statement, constraint) in [
        (ours("default", "", ""), "storage_connections_company_id_name_key"),
        (ours("second", ", is_default", ", true"), "storage_connections_company_id_is_default_key"),
        (ours("with a bucket", ", bucket", ", 'bucket'"), "storage_connections_check1"),
        (ours("without a key", ", secrets", r", '\x00'"), "storage_connections_check1"),
        (ours("above", ", base_path", ", 'a/../../b'"), "storage_connections_base_path_check"),
        (ours("absolute", ", base_path", ", '/etc'"), "storage_connections_base_path_check"),
        (ours("open", ", base_path", ", 'a/'"), "storage_connections_base_path_check"),
        (ours("untested", ", test_status", ", 'SUCCESS'"), "storage_connections_check3"),
        (ours("silent", ", last_tested_at, test_status", ", now(), 'ERROR'"), "storage_connections_check4"),
        (ours("listed", ", metadata", ", '[]'"), "storage_connections_metadata_check"),
        (
            "UPDATE storage_connections SET endpoint = 'https://me:password@example.com' WHERE provider = 'S3'"
                .to_owned(),
            "storage_connections_endpoint_check",
        ),
        (
            "UPDATE storage_connections SET secrets_key_id = NULL WHERE provider = 'S3'".to_owned(),
            "storage_connections_check2",
        ),
        (
            "DELETE FROM storage_folders; DELETE FROM storage_connections WHERE provider = 'S3'".to_owned(),
            "media_company_id_storage_connection_id_fkey",
        ),
    ] {
        assert_eq!(app.refusal(&statement).await, constraint, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_read_for_its_own_row_alone() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let mine = app.storage(studio.company.id, "bergamot").await;
    let beside = app.storage(studio.company.id, "aquamarine").await;
    let theirs = app.storage(other.company.id, "cardamom").await;
    let key = &app.app.secret;
    assert_eq!(secret_of(&app, key, mine.connection.id).await, Some(mine.secret.clone()));

    // Who can write to the database moves it to a row that they may test.
    for taken in [&beside.connection, &theirs.connection] {
        app.change(&format!(
            "UPDATE storage_connections SET secrets = (SELECT secrets FROM storage_connections WHERE id = {})
             WHERE id = {}",
            mine.connection.id, taken.id
        ))
        .await;
        assert_eq!(secret_of(&app, key, taken.id).await, None);
    }
    let session = app.app.db.session(Scope::companies([other.company.id]));
    assert_eq!(mine.connection.secrets(&session).await.unwrap(), None, "it is outside of the scope");

    let rotated = SecretKey::new(vec![[8; 32], [7; 32]]).unwrap();
    assert_eq!(secret_of(&app, &rotated, mine.connection.id).await, Some(mine.secret.clone()));
    let tx = app.app.db.begin(Scope::Everything).await.unwrap();
    let again = encrypt_secrets(&rotated, &mine.connection, mine.secret.as_bytes());
    let now = app.app.clock.now();
    StorageConnection::set_secrets(&tx, mine.connection.id, &again.key_id, &again.bytes, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(secret_of(&app, &rotated, mine.connection.id).await, Some(mine.secret));
    assert_eq!(secret_of(&app, key, mine.connection.id).await, None, "the newest key encrypts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_told_nowhere() {
    let app = TestApp::start().await;
    let studio = app.everything("bergamot").await;
    let storage = app.storage(studio.company_id, "cardamom").await;
    let stored = storage.connection.secrets(&app.app.db.session(Scope::Everything)).await.unwrap().unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let plain = [storage.secret.clone(), hex(storage.secret.as_bytes()), STANDARD_NO_PAD.encode(&storage.secret)];
    let told = |text: &str| plain.iter().any(|form| text.contains(form.as_str()));

    for table in app.tables().await {
        let rows: Vec<String> = app.column(&format!("SELECT t::text FROM {table} t")).await;
        for row in rows {
            assert!(!told(&row), "{table} holds it: {row}");
            let is_its_own = table == "storage_connections";
            assert!(is_its_own || !row.contains(&hex(&stored)), "{table} holds it encrypted: {row}");
        }
    }
    let row = row(&app, storage.connection.id).await;
    let encrypted = encrypt_secrets(&app.app.secret, &row, storage.secret.as_bytes());
    let opened = decrypt_secrets(&app.app.secret, &row, &encrypted.bytes);
    assert!(!told(&format!("{row:?} {opened:?} {}", serde_json::to_string(&row).unwrap())));

    let contract = Contract::read().await;
    let admin = app.admin().await;
    let mut seen = String::new();
    for caller in [&studio.manager, &admin] {
        for field in contract.roots(Root::Query) {
            let document = contract.own_call(Root::Query, field, &studio.values);
            seen.push_str(&caller.try_ask(&document, json!({})).await.0.to_string());
        }
    }
    assert!(seen.contains(&row.name) && seen.contains("secretSetAt"));
    let encrypted = [hex(&stored), STANDARD_NO_PAD.encode(&stored)];
    assert!(!told(&seen) && !encrypted.iter().any(|form| seen.contains(form)));
}
