//! Videos: added to orders, in their places, and not without end; changed, deleted and brought back.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{self, Role, Upload, UploadKind, UserRole};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, noon};

const CREATE: &str = "mutation ($input: VideoCreateInput!) { answer: videoCreate(input: $input) {
    video { filename status isActive rotationOrder subscriptionEnd version arContent { status version } }
    userErrors { code field } } }";
const PLAYING: &str = "query ($id: ID!) { arContent(id: $id) { videos { totalCount } schedules { totalCount }
    pinnedVideo { filename deletedAt } activeVideo { source reason video { filename } } } }";

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

/// A video, changed by one of its mutations: `Update`, `Delete` or `Restore`.
async fn write(client: &Client, verb: &str, video: &models::Video, more: Value) -> Value {
    let document = format!(
        "mutation ($input: Video{verb}Input!) {{ answer: video{verb}(input: $input) {{
            video {{ isActive rotationOrder subscriptionEnd version deletedAt }} userErrors {{ code field }}
            warnings {{ code field message }} }} }}"
    );
    let mut input = json!({ "id": id::<models::Video>(video.id) });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut answer = client.ask(&document, json!({ "input": input })).await["answer"].clone();
    for warning in answer["warnings"].as_array_mut().unwrap() {
        let message = warning["message"].take();
        *warning = json!([warning["code"], warning["field"][1], message.as_str().unwrap().contains("now")]);
    }
    answer
}

async fn playing(client: &Client, content: &models::ArContent) -> Value {
    client.ask(PLAYING, json!({ "id": id::<models::ArContent>(content.id) })).await["arContent"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_video_plays_or_gives_way() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let [one, two] = &videos[..] else { panic!("two videos") };
    let none = json!([]);

    let moved = write(&editor, "Update", one, json!({ "rotationOrder": 9 })).await;
    assert_eq!((&moved["video"]["rotationOrder"], &moved["warnings"]), (&json!(9), &none));
    assert_eq!(playing(&editor, &content).await["activeVideo"]["video"]["filename"], "two.mp4");
    let off = write(&editor, "Update", two, json!({ "isActive": false })).await;
    assert_eq!((&off["video"]["isActive"], &off["warnings"]), (&json!(false), &none));
    assert_eq!(playing(&editor, &content).await["activeVideo"]["video"]["filename"], "one.mp4");

    // Nothing is left then, sooner or later, or at once.
    let ends = |days: i64| json!({ "subscriptionEnd": noon() + TimeDelta::days(days) });
    let later = write(&editor, "Update", one, ends(30)).await;
    assert_eq!(later["warnings"], json!([["DARK_GAP", "subscriptionEnd", false]]));
    let after_the_term = write(&editor, "Update", one, ends(366)).await;
    assert_eq!(after_the_term["warnings"], none);
    app.window(one, 1, 24 * 40).await;
    let cut = write(&editor, "Update", one, ends(30)).await;
    let expected =
        json!([["SUBSCRIPTION_ENDS_FIRST", "subscriptionEnd", false], ["DARK_GAP", "subscriptionEnd", false]]);
    assert_eq!(cut["warnings"], expected);
    let over = write(&editor, "Update", one, ends(0)).await;
    let expected = json!([["NEVER_PLAYS", "subscriptionEnd", false], ["DARK_GAP", "subscriptionEnd", true]]);
    assert_eq!(over["warnings"], expected);
    assert_eq!(playing(&editor, &content).await["activeVideo"]["reason"], "NO_PLAYABLE_VIDEO");
    // What was dark before is not made so.
    assert_eq!(write(&editor, "Update", one, json!({ "isActive": false })).await["warnings"], none);
    write(&editor, "Update", one, json!({ "isActive": true, "subscriptionEnd": null })).await;
    let tried = write(&editor, "Update", one, json!({ "isActive": false, "validateOnly": true })).await;
    assert_eq!(tried["warnings"], json!([["DARK_GAP", "isActive", true]]));
    assert_eq!(playing(&editor, &content).await["activeVideo"]["video"]["filename"], "one.mp4");
    let negative = write(&editor, "Update", one, json!({ "rotationOrder": -1 })).await;
    assert_eq!(negative["userErrors"], refused("TOO_SMALL", "rotationOrder")["userErrors"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_video_gives_way_and_comes_back_as_it_was() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4", "three.mp4"]).await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let [one, two, three] = &videos[..] else { panic!("three videos") };
    app.window(three, -1, 1).await;
    app.change(&format!("UPDATE ar_content SET active_video_id = {}", two.id)).await;
    let whole = playing(&editor, &content).await;
    assert_eq!(whole["activeVideo"]["video"]["filename"], "three.mp4");

    let mut source = Vec::new();
    for video in [three, two, one] {
        let gone = write(&editor, "Delete", video, json!({ "expectedVersion": 1 })).await;
        assert_eq!((&gone["video"]["version"], &gone["userErrors"]), (&json!(2), &json!([])));
        assert_eq!(gone["video"]["deletedAt"], "2026-11-21T12:00:00+00:00");
        let now = playing(&editor, &content).await;
        source.push((
            now["activeVideo"]["source"].clone(),
            now["activeVideo"]["reason"].clone(),
            gone["warnings"].clone(),
        ));
    }
    let dark = json!([["DARK_GAP", "id", true]]);
    let expected = [
        (json!("PIN"), Value::Null, json!([])),
        (json!("DEFAULT"), Value::Null, json!([])),
        (json!("NONE"), json!("NO_PLAYABLE_VIDEO"), dark),
    ];
    assert_eq!(source, expected);
    let bare = playing(&editor, &content).await;
    assert_eq!((&bare["videos"]["totalCount"], &bare["schedules"]["totalCount"]), (&json!(0), &json!(1)));
    assert_eq!(bare["pinnedVideo"], json!({ "filename": "two.mp4", "deletedAt": "2026-11-21T12:00:00+00:00" }));
    let groups = "SELECT count(DISTINCT deletion_id) FROM videos";
    assert_eq!(app.column::<i64>(groups).await, [3]);

    for verb in ["Delete", "Update"] {
        let again = write(&editor, verb, one, json!({ "expectedVersion": 2 })).await;
        assert_eq!(again["userErrors"], refused("NOT_FOUND", "id")["userErrors"], "{verb}");
    }
    for video in [one, two, three] {
        let back = write(&editor, "Restore", video, json!({ "expectedVersion": 2 })).await;
        assert_eq!((&back["video"]["version"], &back["video"]["deletedAt"]), (&json!(3), &Value::Null));
        let living = write(&editor, "Restore", video, json!({})).await;
        assert_eq!((&living["video"]["version"], &living["userErrors"]), (&json!(3), &json!([])));
    }
    assert_eq!(playing(&editor, &content).await, whole);
    let told = "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log WHERE entity_type = 'video' AND action <> 'videoCreate'";
    let told = app.column::<String>(told).await.remove(0);
    assert_eq!(told, "videoDelete videoDelete videoDelete videoRestore videoRestore videoRestore");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_deleted_order_is_changed() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let deleted = "deleted_at = '2026-11-21Z', deletion_id = '00000000-0000-0000-0000-000000000001'";
    app.change(&format!("UPDATE videos SET {deleted} WHERE id = {}; UPDATE ar_content SET {deleted}", videos[1].id))
        .await;
    let before = app.contents().await;
    for (verb, video) in [("Update", &videos[0]), ("Delete", &videos[0]), ("Restore", &videos[1])] {
        let answer = write(&editor, verb, video, json!({})).await;
        assert_eq!(answer["userErrors"], refused("NOT_FOUND", "id")["userErrors"], "{verb}");
    }
    assert_eq!(app.contents().await, before);

    // An order that waits for a video plays when it comes back; a full one takes none.
    app.change(&format!("UPDATE ar_content SET deleted_at = NULL, deletion_id = NULL, status = 'PENDING'; DELETE FROM videos WHERE id = {}", videos[0].id)).await;
    assert_eq!(write(&editor, "Restore", &videos[1], json!({})).await["userErrors"], json!([]));
    assert_eq!(playing(&editor, &content).await["activeVideo"]["source"], "DEFAULT");
    write(&editor, "Delete", &videos[1], json!({})).await;
    app.change(&format!(
        "INSERT INTO videos (company_id, ar_content_id, filename, status, created_at, updated_at)
         SELECT {}, {}, 'a.mp4', 'UPLOADED', '2026-11-21Z', '2026-11-21Z' FROM generate_series(1, 200)",
        content.company_id, content.id,
    ))
    .await;
    let full = write(&editor, "Restore", &videos[1], json!({})).await;
    assert_eq!(full["userErrors"], refused("TOO_LARGE", "id")["userErrors"]);
}
