//! Videos: added to orders, in their places, and not without end.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{self, Role, Upload, UploadKind, UserRole};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, noon};

const CREATE: &str = "mutation ($input: VideoCreateInput!) { answer: videoCreate(input: $input) {
    video { filename status isActive rotationOrder subscriptionEnd version arContent { status version } }
    userErrors { code field } } }";

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

/// The input of a video of an order.
fn input(content: &models::ArContent, upload: &Upload) -> Value {
    json!({ "arContentId": id::<models::ArContent>(content.id), "uploadId": id::<Upload>(upload.id) })
}

async fn create(client: &Client, input: &Value) -> Value {
    client.ask(CREATE, json!({ "input": input })).await["answer"].clone()
}

fn with(input: &Value, field: &str, value: Value) -> Value {
    let mut input = input.clone();
    input[field] = value;
    input
}

fn refused(code: &str, field: &str) -> Value {
    json!({ "video": null, "userErrors": [{ "code": code, "field": ["input", field] }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_comes_behind_the_others() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let upload = app.upload(studio.company.id, UploadKind::Video).await;
    let plain = input(&content, &upload);
    for (said, place) in [(None, 0), (None, 1), (Some(7), 7), (None, 8), (Some(0), 0), (None, 9)] {
        let added = create(&editor, &with(&plain, "rotationOrder", json!(said))).await;
        let video = json!({ "filename": upload.filename, "status": "READY", "isActive": true, "rotationOrder": place,
            "subscriptionEnd": null, "version": 1, "arContent": { "status": "PENDING", "version": 1 } });
        assert_eq!(added, json!({ "video": video, "userErrors": [] }));
    }
    let mut paid = with(&plain, "subscriptionEnd", json!(noon() + TimeDelta::days(30)));
    paid["isActive"] = json!(false);
    let paid = create(&editor, &paid).await;
    let end = paid["video"]["subscriptionEnd"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    assert_eq!((&paid["video"]["isActive"], end), (&json!(false), noon() + TimeDelta::days(30)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let (ours, theirs) = (app.content(&vertex.project, "1").await, app.content(&lumen.project, "1").await);
    let editor = app.member(vertex.company.id, Role::Editor).await;
    let roles = [(vertex.company.id, Role::Viewer), (lumen.company.id, Role::Editor)];
    let guest = app.person(UserRole::Member, &roles).await;
    let viewer = app.member(vertex.company.id, Role::Viewer).await;
    let admin = app.admin().await;
    let upload = app.upload(vertex.company.id, UploadKind::Video).await;
    let photo = app.upload(vertex.company.id, UploadKind::Photo).await;
    let foreign = app.upload(lumen.company.id, UploadKind::Video).await;
    let before = app.row_counts().await;
    let plain = input(&ours, &upload);
    let negative = with(&plain, "rotationOrder", json!(-1));
    assert_eq!(create(&editor, &negative).await, refused("TOO_SMALL", "rotationOrder"));
    assert_eq!(create(&editor, &input(&theirs, &upload)).await, refused("NOT_FOUND", "arContentId"));
    assert_eq!(create(&guest, &plain).await, refused("NOT_ALLOWED", "arContentId"));
    assert_eq!(create(&editor, &input(&ours, &photo)).await, refused("MEDIA_MISMATCH", "uploadId"));
    for client in [&editor, &admin] {
        assert_eq!(create(client, &input(&ours, &foreign)).await, refused("NOT_FOUND", "uploadId"));
    }
    assert_eq!(viewer.try_ask(CREATE, json!({ "input": plain })).await.code(), "FORBIDDEN");
    let tried = create(&editor, &with(&plain, "validateOnly", json!(true))).await;
    assert_eq!(tried, json!({ "video": null, "userErrors": [] }));
    assert_eq!(app.row_counts().await, before);
    app.pass(TimeDelta::hours(24), &editor).await;
    assert_eq!(create(&editor, &plain).await, refused("NOT_FOUND", "uploadId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_video_of_an_order_with_a_photo_makes_it_ready() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    let archived = app.content(&studio.project, "2").await;
    let photo = app.media(studio.company.id, "image/jpeg").await;
    app.change(&format!(
        "UPDATE ar_content SET photo_media_id = {}; UPDATE ar_content SET status = 'ARCHIVED' WHERE id = {}",
        photo.id, archived.id,
    ))
    .await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let upload = app.upload(studio.company.id, UploadKind::Video).await;
    for (content, status) in [(&content, "READY"), (&archived, "ARCHIVED")] {
        let added = create(&editor, &input(content, &upload)).await;
        assert_eq!(added["video"]["arContent"], json!({ "status": status, "version": 1 }));
    }
    let playback = "query ($code: UUID!) { arPlayback(uniqueId: $code) { available video { source } } }";
    let played = app.anonymous().ask(playback, json!({ "code": content.unique_id })).await;
    assert_eq!(played["arPlayback"], json!({ "available": true, "video": { "source": "DEFAULT" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_at_most_200_videos() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let content = app.content(&studio.project, "1").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let upload = app.upload(studio.company.id, UploadKind::Video).await;
    app.change(&format!(
        "INSERT INTO videos (company_id, ar_content_id, filename, status, rotation_order, created_at, updated_at)
         SELECT {}, {}, 'a.mp4', 'UPLOADED', place, '2026-11-21T12:00:00Z', '2026-11-21T12:00:00Z'
         FROM generate_series(0, 199) place",
        content.company_id, content.id,
    ))
    .await;
    let plain = input(&content, &upload);
    assert_eq!(create(&editor, &plain).await, refused("TOO_LARGE", "arContentId"));
    app.change(
        "UPDATE videos SET deleted_at = '2026-11-21T12:00:00Z', deletion_id = gen_random_uuid() WHERE rotation_order = 199",
    )
    .await;
    assert_eq!(create(&editor, &plain).await["video"]["rotationOrder"], 199);
    assert_eq!(create(&editor, &plain).await, refused("TOO_LARGE", "arContentId"));
}
