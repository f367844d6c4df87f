//! Orders: what one is made of, and the operator's choice of what it plays.

use arvlite_api::global_id::{self, Tagged};
use arvlite_db::models::{self, Role, Upload, UploadKind};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Client, Studio, TestApp};

const CREATE: &str = "mutation ($input: ArContentCreateInput!) { answer: arContentCreate(input: $input) {
    arContent { id uniqueId orderNumber customerName customerEmail durationYears expiresAt status metadata version
        publicUrl png: qrCode svg: qrCode(format: SVG) photo { id } pinnedVideo { id }
        videos { nodes { filename status rotationOrder isActive } } activeVideo { source } }
    userErrors { __typename code field } } }";
const PIN: &str = "mutation ($input: ArContentPinVideoInput!) { answer: arContentPinVideo(input: $input) {
    arContent { uniqueId version pinnedVideo { filename } activeVideo { source video { filename } } }
    userErrors { __typename code field ... on StaleVersionError {
        changedFields current { ... on ArContent { version pinnedVideo { filename } } } } }
    warnings { code field } } }";

fn id<E: Tagged>(number: i64) -> Value {
    json!(global_id::encode::<E>(number))
}

fn input(studio: &Studio, more: &Value) -> Value {
    let mut input = json!({ "projectId": id::<models::Project>(studio.project.id) });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "input": input })
}

async fn create(client: &Client, studio: &Studio, more: Value) -> Value {
    client.ask(CREATE, input(studio, &more)).await["answer"].clone()
}

fn invalid(code: &str, field: &[&str]) -> Value {
    let field: Vec<&str> = std::iter::once("input").chain(field.iter().copied()).collect();
    json!({ "__typename": "InvalidError", "code": code, "field": field })
}

fn refused(error: &Value) -> Value {
    json!({ "arContent": null, "userErrors": [error] })
}

async fn editor(app: &TestApp) -> (Studio, Client) {
    let studio = app.studio("Vertex").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    (studio, editor)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_has_a_number_of_its_own() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let made = create(&editor, &studio, json!({})).await;
    assert_eq!(made["userErrors"], json!([]));
    let number = made["arContent"]["orderNumber"].as_str().unwrap();
    let digits = number.strip_prefix("ORD-20261121-").unwrap();
    assert!(digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
    let taken = json!({ "__typename": "TakenError", "code": "TAKEN", "field": ["input", "orderNumber"] });
    let before = app.row_counts().await;
    for number in [number.to_owned(), format!(" {number} ")] {
        assert_eq!(create(&editor, &studio, json!({ "orderNumber": number })).await, refused(&taken));
    }
    assert_eq!(app.row_counts().await, before);
    let project = app.project(&studio.company, "Second").await;
    let elsewhere = Studio { company: studio.company, project };
    let same = create(&editor, &elsewhere, json!({ "orderNumber": number })).await;
    assert_eq!(same["arContent"]["orderNumber"], number);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_plays_for_calendar_years() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    for (said, years, end) in [
        (json!({}), 1, "2027-11-21T12:00:00Z"),
        (json!({ "durationYears": 1 }), 1, "2027-11-21T12:00:00Z"),
        (json!({ "durationYears": 3 }), 3, "2029-11-21T12:00:00Z"),
        (json!({ "durationYears": 5 }), 5, "2031-11-21T12:00:00Z"),
    ] {
        let made = create(&editor, &studio, said).await;
        let expires_at: DateTime<Utc> = made["arContent"]["expiresAt"].as_str().unwrap().parse().unwrap();
        assert_eq!((&made["arContent"]["durationYears"], expires_at), (&json!(years), end.parse().unwrap()));
    }
    for years in [0, -1, 2, 4, 6, i32::MAX] {
        let answer = create(&editor, &studio, json!({ "durationYears": years })).await;
        assert_eq!(answer, refused(&invalid("INVALID", &["durationYears"])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_all_its_media_is_ready() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let company = studio.company.id;
    let photo = app.upload(company, UploadKind::Photo).await;
    let (one, two) = (app.upload(company, UploadKind::Video).await, app.upload(company, UploadKind::Video).await);
    let videos = json!([id::<Upload>(two.id), id::<Upload>(one.id)]);
    let made = create(&editor, &studio, json!({ "photoUploadId": id::<Upload>(photo.id), "videoUploadIds": videos }));
    let content = &made.await["arContent"];
    assert_eq!((&content["status"], &content["version"]), (&json!("READY"), &json!(1)));
    assert_eq!(content["photo"]["id"], id::<models::Media>(photo.media_id.unwrap()));
    let video = |upload: &Upload, place: i32| json!({ "filename": upload.filename, "status": "READY", "rotationOrder": place, "isActive": true });
    assert_eq!(content["videos"]["nodes"], json!([video(&two, 0), video(&one, 1)]));
    assert_eq!((&content["pinnedVideo"], &content["activeVideo"]), (&Value::Null, &json!({ "source": "DEFAULT" })));

    let only_photo = json!({ "photoUploadId": id::<Upload>(photo.id) });
    for more in [json!({}), only_photo, json!({ "videoUploadIds": videos }), json!({ "videoUploadIds": [] })] {
        let content = &create(&editor, &studio, more).await["arContent"];
        assert_eq!((&content["status"], &content["activeVideo"]["source"]), (&json!("PENDING"), &json!("NONE")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn media_that_cannot_be_used_are_refused() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let lumen = app.studio("Lumen").await;
    let mut uploads = Vec::new();
    for (company, kind) in [
        (&studio.company, UploadKind::Photo),
        (&studio.company, UploadKind::Video),
        (&lumen.company, UploadKind::Photo),
        (&lumen.company, UploadKind::Video),
    ] {
        uploads.push(id::<Upload>(app.upload(company.id, kind).await.id));
    }
    let [photo, video, foreign_photo, foreign_video] = &uploads[..] else { panic!("four uploads") };
    let admin = app.admin().await;
    let before = app.row_counts().await;
    for (more, code, field) in [
        (json!({ "videoUploadIds": [photo] }), "MEDIA_MISMATCH", &["videoUploadIds", "0"][..]),
        (json!({ "videoUploadIds": [video, foreign_video] }), "NOT_FOUND", &["videoUploadIds", "1"]),
        (json!({ "photoUploadId": video }), "MEDIA_MISMATCH", &["photoUploadId"]),
        (json!({ "photoUploadId": foreign_photo }), "NOT_FOUND", &["photoUploadId"]),
        (json!({ "videoUploadIds": vec![video; 21] }), "TOO_LARGE", &["videoUploadIds"]),
    ] {
        for client in [&editor, &admin] {
            assert_eq!(create(client, &studio, more.clone()).await, refused(&invalid(code, field)), "{more}");
        }
    }
    let foreign = create(&editor, &lumen, json!({})).await;
    assert_eq!(foreign, refused(&invalid("NOT_FOUND", &["projectId"])));
    assert_eq!(app.row_counts().await, before);
    app.pass(TimeDelta::hours(24), &editor).await;
    let expired = create(&editor, &studio, json!({ "photoUploadId": photo })).await;
    assert_eq!(expired, refused(&invalid("NOT_FOUND", &["photoUploadId"])));
    let expired = create(&editor, &studio, json!({ "videoUploadIds": [video] })).await;
    assert_eq!(expired, refused(&invalid("NOT_FOUND", &["videoUploadIds", "0"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_an_order_is_checked() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    // `{"n":""}` has eight bytes.
    let sized = |bytes: usize| json!({ "n": "x".repeat(bytes - 8) });
    for metadata in [json!({}), json!({ "album": [1, { "pages": null }] }), sized(16 * 1024), json!({ "p": "\\u0000" })]
    {
        let made = create(&editor, &studio, json!({ "metadata": metadata })).await;
        assert_eq!(made["arContent"]["metadata"], metadata);
    }
    assert_eq!(create(&editor, &studio, json!({})).await["arContent"]["metadata"], json!({}));
    let before = app.row_counts().await;
    for (metadata, code) in [
        (json!([1]), "INVALID"),
        (json!("text"), "INVALID"),
        (json!(1), "INVALID"),
        (json!({ "n": "a\u{0}b" }), "INVALID"),
        (json!({ "\\\u{0}": 1 }), "INVALID"),
        (sized(16 * 1024 + 1), "TOO_LONG"),
    ] {
        let answer = create(&editor, &studio, json!({ "metadata": metadata })).await;
        assert_eq!(answer, refused(&invalid(code, &["metadata"])));
    }
    let all = json!({ "orderNumber": "n".repeat(51), "customerName": "a\u{0}", "customerPhone": "1".repeat(51),
        "customerEmail": "nobody", "durationYears": 2, "metadata": [] });
    let errors = json!([
        invalid("TOO_LONG", &["orderNumber"]),
        invalid("INVALID", &["customerName"]),
        invalid("TOO_LONG", &["customerPhone"]),
        invalid("INVALID", &["customerEmail"]),
        invalid("INVALID", &["durationYears"]),
        invalid("INVALID", &["metadata"]),
    ]);
    assert_eq!(create(&editor, &studio, all).await, json!({ "arContent": null, "userErrors": errors }));
    let tried = create(&editor, &studio, json!({ "validateOnly": true })).await;
    assert_eq!(tried, json!({ "arContent": null, "userErrors": [] }));
    assert_eq!(app.row_counts().await, before);
    let customer = json!({ "customerName": " Anna ", "customerEmail": "anna@example.com" });
    let made = &create(&editor, &studio, customer).await["arContent"];
    assert_eq!((&made["customerName"], &made["customerEmail"]), (&json!("Anna"), &json!("anna@example.com")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_leads_to_its_order_for_good() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let made = create(&editor, &studio, json!({ "orderNumber": "1" })).await;
    let content = &made["arContent"];
    let code = content["uniqueId"].as_str().unwrap();
    let page = format!("{}/ar/{code}", app.app.config.public_url());
    let told = json!([page, format!("{page}/qr.png"), format!("{page}/qr.svg")]);
    assert_eq!(json!([content["publicUrl"], content["png"], content["svg"]]), told);

    let find = "query ($code: UUID!) { arContent(uniqueId: $code) { id } }";
    let unpin = json!({ "input": { "id": content["id"], "videoId": null } });
    let edited = editor.ask(PIN, unpin).await;
    assert_eq!(edited["answer"]["arContent"]["uniqueId"], code);
    let found = editor.ask(find, json!({ "code": code.to_uppercase() })).await;
    assert_eq!(found["arContent"]["id"], content["id"]);
    let lumen = app.studio("Lumen").await;
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    assert_eq!(stranger.ask(find, json!({ "code": code })).await["arContent"], Value::Null);
    let other = create(&editor, &studio, json!({ "orderNumber": "2" })).await;
    assert_ne!(other["arContent"]["uniqueId"], code);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_chooses_what_plays() {
    let app = TestApp::start().await;
    let (studio, editor) = editor(&app).await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4", "three.mp4"]).await;
    let (_, others) = app.playing(&studio.project, "2", &["other.mp4"]).await;
    app.change(&format!("UPDATE videos SET is_active = false WHERE id = {}", videos[2].id)).await;
    let video = |video: &models::Video| id::<models::Video>(video.id);
    let pin = async |more: Value| {
        let mut input = json!({ "id": id::<models::ArContent>(content.id) });
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        editor.ask(PIN, json!({ "input": input })).await["answer"].clone()
    };
    let plays = |version: i32, pinned: Option<&str>, source: &str, plays: &str| {
        let pinned = pinned.map(|filename| json!({ "filename": filename }));
        json!({ "uniqueId": content.unique_id, "version": version, "pinnedVideo": pinned,
            "activeVideo": { "source": source, "video": { "filename": plays } } })
    };
    let done = |content: Value| json!({ "arContent": content, "userErrors": [], "warnings": [] });
    let refused = |error: Value| json!({ "arContent": null, "userErrors": [error], "warnings": [] });

    let before = app.row_counts().await;
    assert_eq!(pin(json!({})).await, refused(invalid("REQUIRED", &["videoId"])));
    let foreign = pin(json!({ "videoId": video(&others[0]) })).await;
    assert_eq!(foreign, refused(invalid("NOT_FOUND", &["videoId"])));
    assert_eq!(pin(json!({ "videoId": video(&videos[1]), "validateOnly": true })).await, done(Value::Null));
    assert_eq!(app.row_counts().await, before);

    let chosen = pin(json!({ "videoId": video(&videos[1]), "expectedVersion": 1 })).await;
    assert_eq!(chosen, done(plays(2, Some("two.mp4"), "PIN", "two.mp4")));
    for (wanted, changed) in [(&videos[0], json!(["pinnedVideo"])), (&videos[1], json!([]))] {
        let stale = pin(json!({ "videoId": video(wanted), "expectedVersion": 1 })).await;
        let current = json!({ "version": 2, "pinnedVideo": { "filename": "two.mp4" } });
        let error = json!({ "__typename": "StaleVersionError", "code": "STALE_VERSION",
            "field": ["input", "expectedVersion"], "changedFields": changed, "current": current });
        assert_eq!(stale, refused(error));
    }
    let mut never = done(plays(3, Some("three.mp4"), "DEFAULT", "one.mp4"));
    never["warnings"] = json!([{ "code": "NEVER_PLAYS", "field": ["input", "videoId"] }]);
    assert_eq!(pin(json!({ "videoId": video(&videos[2]), "expectedVersion": 2 })).await, never);
    assert_eq!(pin(json!({ "videoId": null })).await, done(plays(4, None, "DEFAULT", "one.mp4")));
}
