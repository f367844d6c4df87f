//! What phones report without GraphQL: one report or several, late, in any order, and nobody else's.

use std::net::SocketAddr;

use arvlite_api::config::Limits;
use arvlite_api::domain::view::{ViewToken, sweep_once};
use arvlite_db::Scope;
use arvlite_db::models::{ArContent, DeviceType, PlaybackSource, ViewSession, ViewSessionStatus};
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, header};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::{TestApp, generous};

const PIXEL: &str = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36";

/// What a phone was answered.
struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
    }
}

async fn send(app: &TestApp, method: Method, path: &str, media_type: &str, body: impl Into<Body>) -> Reply {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, media_type)
        .header(header::USER_AGENT, PIXEL)
        .extension(ConnectInfo(SocketAddr::from(([203, 0, 113, 77], 4000))))
        .body(body.into())
        .unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&body).unwrap();
    Reply { status: head.status.as_u16(), headers: head.headers, body }
}

fn path(content: &ArContent) -> String {
    format!("/ar/{}/view", content.unique_id)
}

/// Reports as a browser's beacon does.
async fn report(app: &TestApp, content: &ArContent, said: Value) -> Value {
    let reply = send(app, Method::POST, &path(content), "text/plain;charset=UTF-8", said.to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store");
    reply.body
}

async fn playing(app: &TestApp) -> ArContent {
    let studio = app.studio("Studio").await;
    app.playing(&studio.project, "1", &["one.mp4"]).await.0
}

async fn view(app: &TestApp, session_id: Uuid) -> ViewSession {
    let session = app.app.db.session(Scope::Everything);
    ViewSession::by_session_id(&session, session_id).await.unwrap().unwrap()
}

async fn kinds(app: &TestApp) -> Vec<&'static str> {
    app.log().await.iter().map(|event| event.kind.as_str()).collect()
}

fn start(session_id: Uuid) -> Value {
    json!({ "type": "start", "sessionId": session_id })
}

fn told_at(told: &Value) -> (&str, &Value) {
    let error = &told["userErrors"][0];
    (error["code"].as_str().unwrap_or("no error"), &error["field"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beacon_says_what_the_mutations_say() {
    let app = TestApp::start().await;
    let (content, session_id) = (playing(&app).await, Uuid::new_v4());
    let started = report(&app, &content, start(session_id)).await;
    let token = started["viewToken"].clone();
    let expected = json!({ "sessionId": session_id, "status": "ACTIVE", "viewToken": token, "heartbeatSeconds": 15, "userErrors": [] });
    assert_eq!(started, expected);
    assert_eq!(report(&app, &content, start(session_id)).await, expected, "the same start is the same view");

    app.app.clock.advance(TimeDelta::seconds(15));
    let beat = json!({ "type": "heartbeat", "viewToken": token, "playedSeconds": 13.6, "trackingQuality": "GOOD", "videoPlayed": true });
    let beaten = json!({ "sessionId": session_id, "status": "ACTIVE", "userErrors": [] });
    assert_eq!(report(&app, &content, beat.clone()).await, beaten);
    let end = json!({ "type": "end", "viewToken": token, "playedSeconds": 15 });
    let ended = json!({ "sessionId": session_id, "status": "ENDED", "userErrors": [] });
    assert_eq!(report(&app, &content, json!([end, beat, start(session_id)])).await[0], ended);

    let view = view(&app, session_id).await;
    assert_eq!((view.status, view.duration_seconds, view.video_played), (ViewSessionStatus::Ended, Some(15), true));
    assert_eq!((view.device_type, view.browser.as_deref()), (DeviceType::Mobile, Some("Chrome")));
    assert_eq!(view.network.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(kinds(&app).await, ["STARTED", "PROGRESSED", "ENDED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_could_not_say_it_says_later_and_twice() {
    let app = TestApp::start().await;
    let content = playing(&app).await;
    let opened = app.app.clock.now();
    app.app.clock.advance(TimeDelta::hours(3));
    let session_id = Uuid::new_v4();
    let said = |late: f64| {
        json!([
            { "type": "end", "sessionId": session_id, "playedSeconds": 40, "secondsAgo": 7_000.0 + late },
            { "type": "heartbeat", "sessionId": session_id, "playedSeconds": 15, "videoPlayed": true, "secondsAgo": 7_030.0 + late },
            { "type": "start", "sessionId": session_id, "secondsAgo": 7_045.0 + late },
        ])
    };
    let first = report(&app, &content, said(0.0)).await;
    assert!(first.as_array().unwrap().iter().all(|told| told["status"] == "ENDED" || told["viewToken"].is_string()));
    let stored = view(&app, session_id).await;
    assert_eq!(stored.started_at, opened + TimeDelta::hours(3) - TimeDelta::seconds(7_045));
    assert_eq!(stored.ended_at, Some(stored.started_at + TimeDelta::seconds(45)));
    assert_eq!((stored.status, stored.duration_seconds), (ViewSessionStatus::Ended, Some(40)));
    assert_eq!(stored.updated_at, opened + TimeDelta::hours(3), "it is known since now");

    app.app.clock.advance(TimeDelta::minutes(5));
    report(&app, &content, said(300.0)).await;
    assert_eq!(view(&app, session_id).await, stored);
    assert_eq!(kinds(&app).await.len(), app.log().await.len());
    assert_eq!(sweep_once(&app.app).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_that_was_silent_for_hours_ends_when_its_phone_says_it_did() {
    let app = TestApp::start().await;
    let (content, session_id) = (playing(&app).await, Uuid::new_v4());
    let began = app.app.clock.now();
    let token = report(&app, &content, start(session_id)).await["viewToken"].clone();
    app.app.clock.advance(TimeDelta::hours(2));
    assert_eq!(sweep_once(&app.app).await.unwrap(), 1);
    let beat = json!({ "type": "heartbeat", "viewToken": token, "playedSeconds": 20, "secondsAgo": 7_180 });
    let beaten = report(&app, &content, beat).await;
    assert_eq!(beaten["status"], "TIMED_OUT", "what was said long ago breaks no silence");
    assert_eq!(view(&app, session_id).await.ended_at, Some(began + TimeDelta::seconds(20)));
    let end = json!({ "type": "end", "viewToken": token, "playedSeconds": 30, "secondsAgo": 7_170 });
    assert_eq!(report(&app, &content, end).await["status"], "ENDED");
    let view = view(&app, session_id).await;
    assert_eq!((view.ended_at, view.duration_seconds), (Some(began + TimeDelta::seconds(30)), Some(30)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_start_shows_what_played_then_and_never_before_there_was_a_photo() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4", "two.mp4"]).await;
    let opened = app.app.clock.now();
    app.app.clock.advance(TimeDelta::hours(10));
    app.window(&videos[1], -5, -3).await;
    let views: Vec<(Uuid, f64)> = [4.0 * 3600.0, 2.0 * 3600.0, 1e99, -1e99].map(|ago| (Uuid::new_v4(), ago)).to_vec();
    let said: Vec<Value> =
        views.iter().map(|(id, ago)| json!({ "type": "start", "sessionId": id, "secondsAgo": ago })).collect();
    report(&app, &content, json!(said)).await;
    let mut seen = Vec::new();
    for (id, _) in &views {
        let view = view(&app, *id).await;
        seen.push((view.started_at, view.video_id, view.source));
    }
    let hours = |hours| opened + TimeDelta::hours(hours);
    let (one, two) = (Some(videos[0].id), Some(videos[1].id));
    assert_eq!(seen[0], (hours(6), two, PlaybackSource::Schedule));
    assert_eq!(seen[1], (hours(8), one, PlaybackSource::Default));
    assert_eq!((seen[2].0, seen[3].0), (hours(0), hours(10)), "neither before the order nor in the future");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reports_on_a_view_of_others() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (other, _) = app.playing(&studio.project, "2", &["one.mp4"]).await;
    let theirs = Uuid::new_v4();
    report(&app, &content, start(theirs)).await;
    let before = view(&app, theirs).await;
    let of_other_order = ViewToken { ar_content_id: other.id, ..ViewToken::of(&before) }.sign(&app.app.secret);
    let told = report(
        &app,
        &other,
        json!([
            { "type": "end", "sessionId": theirs, "playedSeconds": 9 },
            start(theirs),
            { "type": "end", "viewToken": "nonsense" },
            { "type": "end", "viewToken": of_other_order, "playedSeconds": 9 },
            { "type": "end" },
            { "type": "start" },
            start(Uuid::new_v4()),
        ]),
    )
    .await;
    let expected = [
        ("INVALID", json!(["sessionId"])),
        ("INVALID", json!(["sessionId"])),
        ("INVALID", json!(["viewToken"])),
        ("INVALID", json!(["viewToken"])),
        ("REQUIRED", json!(["viewToken"])),
        ("REQUIRED", json!(["sessionId"])),
        ("no error", Value::Null),
    ];
    for (told, (code, field)) in told.as_array().unwrap().iter().zip(&expected) {
        assert_eq!(told_at(told), (*code, field), "{told}");
    }
    assert_eq!(view(&app, theirs).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_makes_no_sense_harms_no_other() {
    let app = TestApp::start().await;
    let (content, session_id) = (playing(&app).await, Uuid::new_v4());
    let nonsense = [
        json!(null),
        json!("start"),
        json!({ "type": "explode" }),
        json!({ "type": "start", "sessionId": "7" }),
        json!({ "type": "end", "sessionId": session_id, "playedSeconds": "9" }),
        json!({ "type": "start", "sessionId": Uuid::new_v4(), "browser": "x".repeat(101) }),
    ];
    let mut said = nonsense.to_vec();
    for seconds in [-1e99, f64::from(i32::MAX), 1e300] {
        said.push(json!({ "type": "heartbeat", "sessionId": session_id, "playedSeconds": seconds, "unknown": [1] }));
    }
    said.push(start(session_id));
    let told = report(&app, &content, json!(said)).await;
    let codes: Vec<&str> = told.as_array().unwrap().iter().map(|told| told_at(told).0).collect();
    let mut expected = vec!["INVALID"; 5];
    expected.extend(["TOO_LONG", "no error", "no error", "no error", "no error"]);
    assert_eq!(codes, expected, "{told:#}");
    let view = view(&app, session_id).await;
    assert_eq!(view.duration_seconds, Some(60), "no longer than a phone may have tried to start it");
    assert_eq!(told_at(&report(&app, &content, json!(7)).await).0, "INVALID");
    assert_eq!(report(&app, &content, json!([])).await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_report_is_refused_as_everywhere() {
    let app = TestApp::start().await;
    let content = playing(&app).await;
    let (path, text) = (path(&content), "text/plain;charset=UTF-8");
    let body = start(Uuid::new_v4()).to_string();
    let unknown = format!("/ar/{}/view", Uuid::new_v4());
    let many = json!(vec![start(Uuid::new_v4()); 101]).to_string();
    for (method, path, media_type, body, status, code) in [
        (Method::GET, path.as_str(), text, String::new(), 405, "BAD_REQUEST"),
        (Method::PUT, &path, text, body.clone(), 405, "BAD_REQUEST"),
        (Method::POST, &unknown, text, body.clone(), 404, "NOT_FOUND"),
        (Method::POST, "/ar/nonsense/view", text, body.clone(), 404, "NOT_FOUND"),
        (Method::POST, "/ar/%ff/view", text, body.clone(), 404, "NOT_FOUND"),
        (Method::POST, &path, "application/x-www-form-urlencoded", body.clone(), 415, "BAD_REQUEST"),
        (Method::POST, &path, text, String::new(), 400, "BAD_REQUEST"),
        (Method::POST, &path, text, "{".to_owned(), 400, "BAD_REQUEST"),
        (Method::POST, &path, text, "[".repeat(1000), 400, "BAD_REQUEST"),
        (Method::POST, &path, text, many, 400, "BAD_REQUEST"),
        (Method::POST, &path, text, " ".repeat(64 * 1024 + 1), 413, "BAD_REQUEST"),
    ] {
        let reply = send(&app, method.clone(), path, media_type, body).await;
        assert_eq!((reply.status, reply.code()), (status, code), "{method} {path} {media_type}: {}", reply.body);
        let told = reply.body.to_string();
        assert!(reply.status != 405 || reply.headers[header::ALLOW] == "POST");
        assert!(!told.contains("Beacon") && !told.contains("serde"), "{told}");
    }
    assert!(app.log().await.is_empty());
    for media_type in ["application/json", "Text/Plain", ""] {
        let reply = send(&app, Method::POST, &path, media_type, body.clone()).await;
        assert_eq!(reply.status, 200, "{media_type}");
    }
    assert_eq!(app.log().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_plays_there_is_nothing_to_view() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let waiting = app.content(&studio.project, "1").await;
    let session_id = Uuid::new_v4();
    let end = json!({ "type": "end", "sessionId": session_id });
    let told = report(&app, &waiting, json!([start(session_id), end])).await;
    assert_eq!((&told[0], told_at(&told[1]).0), (&json!({ "userErrors": [] }), "INVALID"));
    assert!(app.log().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_pays_for_its_phones_and_is_told_how_long_to_wait() {
    let app = TestApp::limited(Limits { phones_budget: 1_000, phones_budget_restore: 1, ..generous() }).await;
    let content = playing(&app).await;
    let starts = |count| json!(std::iter::repeat_with(|| start(Uuid::new_v4())).take(count).collect::<Vec<_>>());
    report(&app, &content, starts(99)).await;
    let refused = send(&app, Method::POST, &path(&content), "text/plain", starts(10).to_string()).await;
    assert_eq!((refused.status, refused.code()), (429, "THROTTLED"));
    let wait: u32 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((80..=90).contains(&wait), "{wait}");
    assert_eq!(app.log().await.len(), 99);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_overloaded_server_does_not_take_is_sent_again_and_counted_once() {
    let app = TestApp::start().await;
    let (content, others) = (playing(&app).await, app.connect().await);
    others.batch_execute("BEGIN; LOCK TABLE ar_view_sessions IN EXCLUSIVE MODE").await.unwrap();
    let bodies: Vec<String> = std::iter::repeat_with(|| {
        json!(std::iter::repeat_with(|| start(Uuid::new_v4())).take(100).collect::<Vec<_>>()).to_string()
    })
    .take(14)
    .collect();
    let path = path(&content);
    let sent = || join_all(bodies.iter().map(|body| send(&app, Method::POST, &path, "text/plain", body.clone())));
    // As long as nobody may write, a batch waits for the table and a thousand reports for the batch.
    let freed = async {
        while app.app.views.writer.waiting() < 1000 {
            tokio::task::yield_now().await;
        }
        let refused = send(&app, Method::POST, &path, "text/plain", bodies[0].clone()).await;
        others.batch_execute("COMMIT").await.unwrap();
        refused
    };
    let (_, refused) = tokio::join!(sent(), freed);
    assert_eq!((refused.status, refused.code()), (503, "UNAVAILABLE"));
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    for body in &bodies {
        assert_eq!(send(&app, Method::POST, &path, "text/plain", body.clone()).await.status, 200);
    }
    assert_eq!(app.column::<i64>("SELECT count(*) FROM ar_view_sessions").await, [1400]);
    assert_eq!(app.log().await.len(), 1400);
}
