//! Views: started once, brought up to date in any order, ended or timed out, counted exactly.

use std::sync::Arc;

use arvlite_api::auth::{Caller, Viewer};
use arvlite_api::domain::analytics::roll_once;
use arvlite_api::domain::view::{Beat, Start, Started, sweep_once};
use arvlite_api::domain::{Error, ProblemCode, Result};
use arvlite_db::models::{
    ApiKeyScope, ArContent, DeviceType, Role, TrackingQuality, ViewEvent, ViewLogScope, ViewSession, ViewSessionStatus,
};
use arvlite_db::{Entity, Scope};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, TestApp};

const START: &str = "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { sessionId viewToken
    heartbeatSeconds playback { available reason at validUntil photo { url } video { url mimeType source } }
    userErrors { code field message } } }";
const HEARTBEAT: &str = "mutation ($input: ViewSessionHeartbeatInput!) { viewSessionHeartbeat(input: $input) {
    sessionId status userErrors { code field } } }";
const END: &str = "mutation ($input: ViewSessionEndInput!) { viewSessionEnd(input: $input) {
    sessionId status userErrors { code field } } }";

impl TestApp {
    /// Records the first event of the log so many times more, without a word to anybody.
    pub async fn repeat_first_event(&self, times: usize) {
        self.change(&format!(
            "INSERT INTO view_events (recorded_at, company_id, project_id, ar_content_id, kind, view_session)
             SELECT recorded_at, company_id, project_id, ar_content_id, kind, view_session
             FROM (SELECT * FROM view_events ORDER BY position LIMIT 1) AS first, generate_series(1, {times})"
        ))
        .await;
    }

    /// Starts a view of an order as its phone.
    pub async fn start_view(&self, content: &ArContent, session_id: Uuid) -> Result<Started> {
        let start = Start { unique_id: content.unique_id, session_id, ..Start::default() };
        self.app.views.writer.start(start, &Caller::default()).await
    }

    /// The view as it is stored.
    async fn view(&self, session_id: Uuid) -> Option<ViewSession> {
        ViewSession::by_session_id(&self.app.db.session(Scope::Everything), session_id).await.unwrap()
    }

    /// Everything in the log.
    pub async fn log(&self) -> Vec<ViewEvent> {
        let session = self.app.db.session(Scope::Everything);
        ViewEvent::after(&session, ViewLogScope::Everything, 0, 10_000).await.unwrap()
    }

    /// The counter of an order, when it is brought up to date.
    async fn views_count(&self, content: &ArContent) -> i64 {
        roll_once(&self.app).await.unwrap();
        let rows = ArContent::by_ids(&self.app.db.session(Scope::Everything), &[content.id]).await.unwrap();
        rows[0].views_count
    }
}

fn played(seconds: i32) -> Beat {
    Beat { played_seconds: Some(seconds), ..Beat::default() }
}

fn refused_at<T: std::fmt::Debug>(answer: Result<T>) -> (ProblemCode, Vec<String>) {
    match answer {
        Err(Error::Refused(mut problems)) => {
            let problem = problems.remove(0);
            (problem.code, problem.field)
        }
        other => panic!("{other:?}"),
    }
}

async fn start(phone: &Client, content: &ArContent, session_id: Uuid) -> Value {
    let input = json!({ "uniqueId": content.unique_id, "sessionId": session_id, "deviceType": "MOBILE" });
    phone.ask(START, json!({ "input": input })).await["viewSessionStart"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_starts_beats_and_ends_without_a_sign_in() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, videos) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (phone, session_id) = (app.anonymous(), Uuid::new_v4());

    let started = start(&phone, &content, session_id).await;
    assert_eq!(started["sessionId"], json!(session_id));
    assert_eq!(started["heartbeatSeconds"], 15);
    assert_eq!(started["playback"]["available"], true);
    assert_eq!(started["playback"]["video"]["source"], "DEFAULT");
    assert_eq!(started["userErrors"], json!([]));
    let token = &started["viewToken"];

    app.app.clock.advance(TimeDelta::seconds(15));
    let input = json!({ "viewToken": token, "playedSeconds": 14, "trackingQuality": "GOOD", "videoPlayed": true });
    let beat = phone.ask(HEARTBEAT, json!({ "input": input })).await;
    assert_eq!(beat["viewSessionHeartbeat"]["status"], "ACTIVE");
    let ended = phone.ask(END, json!({ "input": { "viewToken": token, "playedSeconds": 20 } })).await;
    assert_eq!(ended["viewSessionEnd"], json!({ "sessionId": session_id, "status": "ENDED", "userErrors": [] }));

    let view = app.view(session_id).await.unwrap();
    assert_eq!((view.status, view.duration_seconds), (ViewSessionStatus::Ended, Some(20)));
    assert_eq!((view.version, view.video_id, view.video_played), (3, Some(videos[0].id), true));
    assert_eq!((view.tracking_quality, view.device_type), (TrackingQuality::Good, DeviceType::Mobile));
    assert_eq!(app.views_count(&content).await, 1);

    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let document = "query ($id: UUID!, $scope: AnalyticsScope!) {
        viewSession(sessionId: $id) { status durationSeconds arContent { orderNumber } video { filename } version }
        viewSessions(scope: $scope, where: { status: [ENDED], deviceType: [MOBILE] }) { nodes { sessionId } }
        viewEvents(scope: $scope) { pageInfo { hasNextPage } nodes { __typename ... on StreamPosition { cursor }
            ... on ViewSessionEnded { timedOut viewSession { version durationSeconds } } } } }";
    let scope = json!({ "arContentId": arvlite_api::global_id::encode::<ArContent>(content.id) });
    let data = dashboard.ask(document, json!({ "id": session_id, "scope": scope })).await;
    assert_eq!(data["viewSession"]["durationSeconds"], 20);
    assert_eq!(data["viewSession"]["video"]["filename"], "one.mp4");
    assert_eq!(data["viewSessions"]["nodes"], json!([{ "sessionId": session_id }]));
    let kinds: Vec<&Value> = data["viewEvents"]["nodes"].as_array().unwrap().iter().map(|n| &n["__typename"]).collect();
    assert_eq!(kinds, ["ViewSessionStarted", "ViewSessionProgressed", "ViewSessionEnded"]);
    assert_eq!(data["viewEvents"]["nodes"][2]["viewSession"], json!({ "version": 3, "durationSeconds": 20 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_repeated_starts_nothing_more() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let session_id = Uuid::new_v4();
    let first = app.start_view(&content, session_id).await.unwrap();
    app.app.clock.advance(TimeDelta::seconds(7));
    let at_once = join_all((0..5).map(|_| app.start_view(&content, session_id))).await;
    for again in at_once {
        assert_eq!(again.unwrap().token, first.token);
    }
    assert_eq!(app.log().await.len(), 1);
    assert_eq!(app.views_count(&content).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_id_and_a_token_belong_to_one_view() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (other, _) = app.playing(&studio.project, "2", &["one.mp4"]).await;
    let session_id = Uuid::new_v4();
    let started = app.start_view(&content, session_id).await.unwrap();
    let stolen = app.start_view(&other, session_id).await;
    assert_eq!(refused_at(stolen), (ProblemCode::Invalid, vec!["sessionId".to_owned()]));
    assert_eq!(app.views_count(&other).await, 0);

    let writer = &app.app.views.writer;
    let at_token = (ProblemCode::Invalid, vec!["viewToken".to_owned()]);
    assert_eq!(refused_at(writer.beat("nonsense", played(1)).await), at_token);
    let token = started.token.unwrap();
    app.app.clock.advance(TimeDelta::hours(24));
    assert_eq!(refused_at(writer.beat(&token, played(1)).await), at_token);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_plays_the_start_says_why() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let waiting = app.content(&studio.project, "1").await;
    let phone = app.anonymous();
    let started = start(&phone, &waiting, Uuid::new_v4()).await;
    assert_eq!(started["playback"]["reason"], "NOT_PUBLISHED");
    for field in ["sessionId", "viewToken", "heartbeatSeconds"] {
        assert_eq!(started[field], Value::Null);
    }
    assert_eq!(started["userErrors"], json!([]));
    let unknown = ArContent { unique_id: Uuid::new_v4(), ..waiting };
    assert_eq!(start(&phone, &unknown, Uuid::new_v4()).await["playback"]["reason"], "NOT_FOUND");
    let document = "query ($id: UUID!) { arPlayback(uniqueId: $id) { available reason expiresAt video { url } } }";
    let data = phone.ask(document, json!({ "id": unknown.unique_id })).await;
    let nothing = json!({ "available": false, "reason": "NOT_FOUND", "expiresAt": null, "video": null });
    assert_eq!(data["arPlayback"], nothing);
    assert!(app.log().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_on_one_order_are_counted_exactly() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let before = app.app.db.statements_sent();
    let started = join_all((0..200).map(|_| app.start_view(&content, Uuid::new_v4()))).await;
    let sent = app.app.db.statements_sent() - before;
    assert!(started.iter().all(|started| started.as_ref().unwrap().token.is_some()));
    assert_eq!(app.views_count(&content).await, 200);
    assert_eq!(app.log().await.len(), 200);
    assert!(sent < 60, "{sent} statements for 200 starts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_as_many_statements_as_a_single_beacon() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let started = app.start_view(&content, Uuid::new_v4()).await.unwrap();
    let token = started.token.unwrap();
    let before = app.app.db.statements_sent();
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    assert_eq!(app.app.db.statements_sent() - before, 9, "BEGIN, three reads, insert, lock, log twice, COMMIT");
    let before = app.app.db.statements_sent();
    app.app.views.writer.beat(&token, played(1)).await.unwrap();
    assert_eq!(app.app.db.statements_sent() - before, 6, "BEGIN, lock, save, log twice, COMMIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_told_apart_and_not_counted() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let caller = Arc::new(Caller {
        address: Some("203.0.113.77".to_owned()),
        user_agent: Some("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".to_owned()),
        ..Caller::default()
    });
    let program = Client::new(&app.router, Viewer { caller, ..app.anonymous().viewer }, None);
    let session_id = Uuid::new_v4();
    start(&program, &content, session_id).await;
    let view = app.view(session_id).await.unwrap();
    assert_eq!((view.device_type, view.network.as_deref()), (DeviceType::Bot, Some("203.0.113.0/24")));
    assert_eq!(app.views_count(&content).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_may_reports_for_whoever_looks() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (foreign, _) = app.playing(&other.project, "1", &["one.mp4"]).await;
    let caller = Arc::new(Caller {
        address: Some("203.0.113.77".to_owned()),
        user_agent: Some("python-requests/2.32.3".to_owned()),
        ..Caller::default()
    });
    let mut seen = Vec::new();
    for (role, scope, content) in [
        (Role::Editor, ApiKeyScope::WriteViews, &content),
        (Role::Editor, ApiKeyScope::WriteContent, &content),
        (Role::Viewer, ApiKeyScope::WriteViews, &content),
        (Role::Editor, ApiKeyScope::WriteViews, &foreign),
    ] {
        let mut kiosk = app.key(studio.company.id, role, &[scope]).await;
        kiosk.viewer.caller = Arc::clone(&caller);
        let session_id = Uuid::new_v4();
        let input = json!({ "uniqueId": content.unique_id, "sessionId": session_id, "deviceType": "TABLET", "browser": "Kiosk" });
        kiosk.ask(START, json!({ "input": input })).await;
        let view = app.view(session_id).await.unwrap();
        seen.push((view.device_type, view.browser, view.network.is_some()));
    }
    let kiosk = || Some("Kiosk".to_owned());
    assert_eq!(seen[0], (DeviceType::Tablet, kiosk(), false));
    assert!(seen[1..].iter().all(|seen| *seen == (DeviceType::Bot, kiosk(), true)), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_beacon_fails_alone() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let bad = Uuid::new_v4();
    app.change(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
         CREATE TRIGGER refuse BEFORE INSERT ON ar_view_sessions FOR EACH ROW WHEN (NEW.session_id = '{bad}')
         EXECUTE FUNCTION refuse()"
    ))
    .await;
    let ids: Vec<Uuid> = (0..30).map(|number| if number == 17 { bad } else { Uuid::new_v4() }).collect();
    let started = join_all(ids.iter().map(|id| app.start_view(&content, *id))).await;
    for (id, started) in ids.iter().zip(started) {
        assert_eq!(started.is_ok(), *id != bad);
    }
    assert_eq!(app.views_count(&content).await, 29);
}

#[tokio::test(flavor = "multi_thread")]
async fn beats_in_any_order_give_one_result() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let end = Beat { ended: true, video_played: true, ..played(40) };
    let beats = [played(10), played(30), end, played(20), played(30)];
    let mut results = Vec::new();
    for turn in 0..beats.len() {
        let session_id = Uuid::new_v4();
        let token = app.start_view(&content, session_id).await.unwrap().token.unwrap();
        let turned = beats.iter().cycle().skip(turn).take(beats.len());
        let writer = &app.app.views.writer;
        for answer in join_all(turned.map(|beat| writer.beat(&token, beat.clone()))).await {
            answer.unwrap();
        }
        let view = app.view(session_id).await.unwrap();
        results.push((view.status, view.duration_seconds, view.video_played, view.ended_at));
    }
    assert!(results.iter().all(|result| *result == results[0]), "{results:?}");
    assert_eq!((results[0].0, results[0].1), (ViewSessionStatus::Ended, Some(40)));
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_a_view_until_it_is_heard_of_again() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let session_id = Uuid::new_v4();
    let started_at = app.app.clock.now();
    let token = app.start_view(&content, session_id).await.unwrap().token.unwrap();
    app.app.clock.advance(TimeDelta::seconds(60));
    assert_eq!(sweep_once(&app.app).await.unwrap(), 0);
    app.app.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(sweep_once(&app.app).await.unwrap(), 1);
    assert_eq!(sweep_once(&app.app).await.unwrap(), 0);
    let view = app.view(session_id).await.unwrap();
    assert_eq!((view.status, view.ended_at), (ViewSessionStatus::TimedOut, Some(started_at)));

    app.app.views.writer.beat(&token, played(61)).await.unwrap();
    let view = app.view(session_id).await.unwrap();
    assert_eq!((view.status, view.ended_at, view.version), (ViewSessionStatus::Active, None, 3));
    let kinds: Vec<&str> = app.log().await.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["STARTED", "TIMED_OUT", "PROGRESSED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn midnight_is_no_obstacle() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    for _ in 0..4 {
        app.start_view(&content, Uuid::new_v4()).await.unwrap();
        app.app.clock.advance(TimeDelta::hours(30));
    }
    assert_eq!(app.log().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_see_no_views() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let session_id = Uuid::new_v4();
    app.start_view(&content, session_id).await.unwrap();
    let stranger = app.member(other.company.id, Role::Manager).await;
    let seen = stranger.ask("query ($id: UUID!) { viewSession(sessionId: $id) { id } }", json!({ "id": session_id }));
    assert_eq!(seen.await["viewSession"], Value::Null);
    let document = "query ($scope: AnalyticsScope!) { viewSessions(scope: $scope) { nodes { id } } }";
    let log = "query ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { nodes { __typename } } }";
    for document in [document, log] {
        let scope =
            json!({ "companyId": arvlite_api::global_id::encode::<arvlite_db::models::Company>(studio.company.id) });
        assert_eq!(stranger.try_ask(document, json!({ "scope": scope })).await.code(), "NOT_FOUND");
        assert_eq!(app.anonymous().try_ask(document, json!({ "scope": scope })).await.code(), "UNAUTHENTICATED");
        let absent = json!({ "scope": { "companyId": "nonsense" } });
        assert_eq!(stranger.try_ask(document, absent).await.code(), "NOT_FOUND");
    }
}
