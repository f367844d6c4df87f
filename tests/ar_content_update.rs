//! Orders, changed: what is known of them, where they lie, whether they play, and their photo.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{self, ArContent, Client as Customer, Folder, Role, Upload, UploadKind};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const UPDATE: &str = "mutation ($input: ArContentUpdateInput!) { answer: arContentUpdate(input: $input) {
    arContent { uniqueId orderNumber customerName customerPhone customerEmail metadata status version expiresAt
        client { name } folder { name } photo { id } pinnedVideo { filename } activeVideo { source reason } }
    userErrors { __typename code field } warnings { code field } } }";

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

async fn update(client: &Client, content: &ArContent, more: Value) -> Value {
    let mut input = json!({ "id": id::<ArContent>(content.id) });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client.ask(UPDATE, json!({ "input": input })).await["answer"].clone()
}

fn refused(code: &str, field: &str) -> Value {
    json!([{ "__typename": "InvalidError", "code": code, "field": ["input", field] }])
}

async fn editor(app: &TestApp) -> (Studio, Client) {
    let studio = app.studio("Vertex").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    (studio, editor)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_changes_and_nothing_else() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.change(&format!("UPDATE ar_content SET active_video_id = {}", videos[0].id)).await;
    let folder = app.folder(&studio.project, None, "Weddings").await;
    let client = app.client(&studio.company, "Anna").await;
    let all = json!({ "orderNumber": " 2 ", "customerName": " Anna ", "customerPhone": "1", "customerEmail": "anna@example.com",
        "metadata": { "album": 1 }, "clientId": id::<Customer>(client.id), "folderId": id::<Folder>(folder.id) });
    let changed = update(&editor, &content, all).await["arContent"].clone();
    let mut expected = json!({ "uniqueId": content.unique_id, "orderNumber": "2", "customerName": "Anna", "customerPhone": "1",
        "customerEmail": "anna@example.com", "metadata": { "album": 1 }, "status": "READY", "version": 2,
        "expiresAt": content.expires_at.to_rfc3339(), "client": { "name": "Anna" }, "folder": { "name": "Weddings" },
        "photo": { "id": id::<models::Media>(photo_of(&app, &content).await) }, "pinnedVideo": { "filename": "one.mp4" },
        "activeVideo": { "source": "PIN", "reason": null } });
    assert_eq!(changed, expected);
    let one = update(&editor, &content, json!({ "customerName": "", "folderId": null })).await["arContent"].clone();
    expected["customerName"] = Value::Null;
    expected["folder"] = Value::Null;
    expected["version"] = json!(3);
    assert_eq!(one, expected);
}

async fn photo_of(app: &TestApp, content: &ArContent) -> i64 {
    app.column(&format!("SELECT photo_media_id FROM ar_content WHERE id = {}", content.id)).await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_held_to_the_rules_of_a_new_order() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let content = app.content(&studio.project, "1").await;
    app.content(&studio.project, "2").await;
    let elsewhere = app.project(&studio.company, "Second").await;
    let other_folder = app.folder(&elsewhere, None, "Other").await;
    let lumen = app.studio("Lumen").await;
    let foreign_client = app.client(&lumen.company, "Boris").await;
    let foreign_photo = app.upload(lumen.company.id, UploadKind::Photo).await;
    let video = app.upload(studio.company.id, UploadKind::Video).await;
    let admin = app.admin().await;
    let before = app.contents().await;
    for (more, code, field) in [
        (json!({ "orderNumber": "" }), "REQUIRED", "orderNumber"),
        (json!({ "orderNumber": "n".repeat(51) }), "TOO_LONG", "orderNumber"),
        (json!({ "customerEmail": "nobody" }), "INVALID", "customerEmail"),
        (json!({ "metadata": [1] }), "INVALID", "metadata"),
        (json!({ "folderId": id::<Folder>(other_folder.id) }), "NOT_FOUND", "folderId"),
        (json!({ "clientId": id::<Customer>(foreign_client.id) }), "NOT_FOUND", "clientId"),
        (json!({ "photoUploadId": id::<Upload>(foreign_photo.id) }), "NOT_FOUND", "photoUploadId"),
        (json!({ "photoUploadId": id::<Upload>(video.id) }), "MEDIA_MISMATCH", "photoUploadId"),
    ] {
        for client in [&editor, &admin] {
            assert_eq!(update(client, &content, more.clone()).await["userErrors"], refused(code, field), "{more}");
        }
    }
    let taken = update(&editor, &content, json!({ "orderNumber": "2" })).await["userErrors"].clone();
    assert_eq!(taken, json!([{ "__typename": "TakenError", "code": "TAKEN", "field": ["input", "orderNumber"] }]));
    assert_eq!(app.contents().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_put_away_and_taken_back() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let waiting = app.content(&studio.project, "2").await;
    let away = update(&editor, &content, json!({ "archived": true })).await;
    let dark = json!([{ "code": "DARK_GAP", "field": ["input", "archived"] }]);
    assert_eq!((&away["arContent"]["status"], &away["warnings"]), (&json!("ARCHIVED"), &dark));
    assert_eq!(away["arContent"]["activeVideo"]["reason"], "NOT_PUBLISHED");
    let still = update(&editor, &content, json!({ "archived": true })).await;
    assert_eq!((&still["arContent"]["version"], &still["warnings"]), (&json!(2), &json!([])));
    let back = update(&editor, &content, json!({ "archived": false })).await;
    assert_eq!((&back["arContent"]["status"], &back["warnings"]), (&json!("READY"), &json!([])));
    assert_eq!(back["arContent"]["activeVideo"]["source"], "DEFAULT");
    for (archived, status, version) in [(false, "PENDING", 1), (true, "ARCHIVED", 2), (false, "PENDING", 3)] {
        let answer = update(&editor, &waiting, json!({ "archived": archived })).await;
        let content = &answer["arContent"];
        assert_eq!((&content["status"], &content["version"]), (&json!(status), &json!(version)));
        assert_eq!(answer["warnings"], json!([]), "it played nothing before");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_gets_its_photo_later() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let content = app.content(&studio.project, "1").await;
    let photo = app.upload(studio.company.id, UploadKind::Photo).await;
    let with_photo = json!({ "photoUploadId": id::<Upload>(photo.id) });
    let waits = update(&editor, &content, with_photo.clone()).await["arContent"].clone();
    assert_eq!(waits["status"], "PENDING");
    assert_eq!(waits["photo"]["id"], id::<models::Media>(photo.media_id.unwrap()));
    update(&editor, &content, json!({ "photoUploadId": null })).await;
    app.video(&content, "one.mp4").await;
    let ready = update(&editor, &content, with_photo).await["arContent"].clone();
    assert_eq!((&ready["status"], &ready["activeVideo"]["source"]), (&json!("READY"), &json!("DEFAULT")));
    let bare = update(&editor, &content, json!({ "photoUploadId": null })).await;
    let dark = json!([{ "code": "DARK_GAP", "field": ["input", "photoUploadId"] }]);
    assert_eq!((&bare["arContent"]["status"], &bare["warnings"]), (&json!("READY"), &dark));
    assert_eq!(bare["arContent"]["activeVideo"]["reason"], "PHOTO_MISSING");
}
