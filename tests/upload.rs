//! Uploads: a file comes in, is served under its address, and leaves nothing when it is refused.

use arvlite_api::global_id;
use arvlite_db::models::{self, Role, UserRole};
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

use crate::support::{Client, Studio, TestApp};

const LEMONS: &[u8] = include_bytes!("../api/assets/demo/lemons.jpg");
const LIST: &str = "{ uploads { nodes { id filename kind status media { url } } } }";

/// A document that sends the photo.
fn document(studio: &Studio, directive: &str) -> String {
    let company = global_id::encode::<models::Company>(studio.company.id).0;
    format!(
        "mutation ($file: Upload!) {{ answer: uploadFile(
            input: {{ companyId: \"{company}\", kind: PHOTO, file: $file }}) {directive} {{
            upload {{ id filename kind status declaredMimeType declaredSizeBytes receivedBytes expiresAt
                media {{ url mimeType sizeBytes sha256 width height }} }} userErrors {{ code field }} }} }}"
    )
}

async fn send(client: &Client, studio: &Studio, directive: &str) -> Value {
    client.ask(&document(studio, directive), json!({})).await["answer"].clone()
}

/// What the router answers under an address.
async fn get(app: &TestApp, url: &Value, headers: &[(header::HeaderName, &str)]) -> Response<Body> {
    let path = url.as_str().unwrap().strip_prefix(&app.app.config.public_url()).unwrap();
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn bytes_of(response: Response<Body>) -> Vec<u8> {
    to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_taken_and_served() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let taken = send(&editor, &studio, "").await;
    let (upload, media) = (&taken["upload"], &taken["upload"]["media"]);
    let sha256: String = Sha256::digest(LEMONS).iter().map(|byte| format!("{byte:02x}")).collect();
    let size = LEMONS.len().to_string();
    assert_eq!(taken["userErrors"], json!([]));
    for (field, value) in [("filename", "lemons.jpg"), ("kind", "PHOTO"), ("status", "READY")] {
        assert_eq!(upload[field], value);
    }
    assert_eq!(upload["declaredMimeType"], "image/jpeg");
    assert_eq!((&upload["declaredSizeBytes"], &upload["receivedBytes"]), (&json!(size), &json!(size)));
    assert_eq!(upload["expiresAt"], "2026-11-22T12:00:00+00:00");
    let (width, height) = (&media["width"], &media["height"]);
    assert!(width.as_i64() > Some(0) && height.as_i64() > Some(0), "{media:#}");
    let described = json!({ "url": media["url"], "mimeType": "image/jpeg", "sizeBytes": size, "sha256": sha256,
        "width": width, "height": height });
    assert_eq!(*media, described);

    let listed = json!({ "id": upload["id"], "filename": "lemons.jpg", "kind": "PHOTO", "status": "READY",
        "media": { "url": media["url"] } });
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let elsewhere = app.studio("Lumen").await;
    let stranger = app.member(elsewhere.company.id, Role::Manager).await;
    assert_eq!(viewer.ask(LIST, json!({})).await["uploads"]["nodes"], json!([listed]));
    assert_eq!(stranger.ask(LIST, json!({})).await["uploads"]["nodes"], json!([]));

    let whole = get(&app, &media["url"], &[]).await;
    let etag = format!("\"{sha256}\"");
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()[header::CONTENT_TYPE], "image/jpeg");
    assert_eq!(whole.headers()[header::ETAG], *etag);
    assert_eq!(whole.headers()[header::ACCEPT_RANGES], "bytes");
    assert!(bytes_of(whole).await == LEMONS, "other bytes are served than were sent");
    let part = get(&app, &media["url"], &[(header::RANGE, "bytes=100-199")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[header::CONTENT_RANGE], *format!("bytes 100-199/{size}"));
    assert_eq!(bytes_of(part).await, LEMONS[100..200]);
    let known = get(&app, &media["url"], &[(header::IF_NONE_MATCH, &etag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(bytes_of(known).await, b"");
    let beyond = get(&app, &media["url"], &[(header::RANGE, "bytes=9999999-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_is_one_object() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let editor = app.member(studio.company.id, Role::Editor).await;
    let once = "@idempotent(key: \"once\")";
    let first = send(&editor, &studio, once).await;
    assert_eq!(first["userErrors"], json!([]));
    let counts = app.row_counts().await;
    assert_eq!(send(&editor, &studio, once).await, first);
    assert_eq!((app.stored_files().len(), app.row_counts().await), (1, counts));
    let document = document(&studio, "@idempotent(key: \"at once\")");
    let both = tokio::join!(editor.ask(&document, json!({})), editor.ask(&document, json!({})));
    assert_eq!(both.0, both.1);
    assert_eq!(app.stored_files().len(), 2);
    let other = send(&editor, &studio, "").await;
    assert_ne!(other["upload"]["media"]["url"], first["upload"]["media"]["url"]);
    assert_eq!(app.stored_files().len(), 3);
    assert!(bytes_of(get(&app, &first["upload"]["media"]["url"], &[]).await).await == LEMONS);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_send_leaves_nothing() {
    let app = TestApp::start().await;
    let (vertex, lumen) = (app.studio("Vertex").await, app.studio("Lumen").await);
    let viewer = app.member(vertex.company.id, Role::Viewer).await;
    let stranger = app.member(lumen.company.id, Role::Manager).await;
    let roles = [(vertex.company.id, Role::Viewer), (lumen.company.id, Role::Editor)];
    let guest = app.person(UserRole::Member, &roles).await;
    let before = app.row_counts().await;
    for (client, code) in [(viewer, "FORBIDDEN"), (app.anonymous(), "UNAUTHENTICATED")] {
        assert_eq!(client.try_ask(&document(&vertex, ""), json!({})).await.code(), code);
    }
    for (client, code) in [(stranger, "NOT_FOUND"), (guest, "NOT_ALLOWED")] {
        let errors = json!([{ "code": code, "field": ["input", "companyId"] }]);
        assert_eq!(send(&client, &vertex, "").await, json!({ "upload": null, "userErrors": errors }));
    }
    assert_eq!((app.stored_files(), app.row_counts().await), (Vec::new(), before));
}
