//! The log of views, followed: in the order of commits, nothing lost, nothing twice, whatever happens meanwhile.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arvlite_api::auth::Viewer;
use arvlite_api::domain::view::{Cursor, LogItem, follow};
use arvlite_api::domain::{Error, Result};
use arvlite_api::graphql;
use arvlite_db::Scope;
use arvlite_db::models::{ArContent, Company, NewViewEvent, Role, ViewEventKind, ViewLogScope};
use async_graphql::{Request, Variables};
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Studio, TestApp};

type Followed = Pin<Box<dyn Stream<Item = Result<LogItem>> + Send>>;

const PATIENCE: Duration = Duration::from_secs(30);

impl TestApp {
    /// What somebody who may see everything is told of a company.
    async fn follow(&self, studio: &Studio, after: Option<i64>) -> Followed {
        let of = ViewLogScope::Company(studio.company.id);
        Box::pin(follow(&self.app, &Viewer::system(), of, after.map(Cursor)).await.unwrap())
    }

    /// Another process on the same database.
    async fn twin(&self) -> Self {
        Self::on(self.app.config.database_url.as_deref().unwrap()).await
    }

    async fn start_some(&self, content: &ArContent, count: usize) {
        for started in join_all((0..count).map(|_| self.start_view(content, Uuid::new_v4()))).await {
            started.unwrap();
        }
    }
}

async fn next(followed: &mut Followed) -> LogItem {
    let item = tokio::time::timeout(PATIENCE, followed.next()).await.expect("nothing was told in time");
    item.expect("the stream ended").unwrap()
}

/// The positions of the next events; how often it was said that the past is told does not matter here.
async fn positions(followed: &mut Followed, count: usize) -> Vec<i64> {
    let mut positions = Vec::new();
    while positions.len() < count {
        if let LogItem::Event(event) = next(followed).await {
            positions.push(event.position);
        }
    }
    positions
}

async fn logged(app: &TestApp) -> Vec<i64> {
    app.log().await.iter().map(|event| event.position).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cursor_it_is_live_at_once() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_some(&content, 3).await;
    let mut followed = app.follow(&studio, None).await;
    let newest = *logged(&app).await.last().unwrap();
    assert!(matches!(next(&mut followed).await, LogItem::CaughtUp { position, .. } if position == newest));
    app.start_some(&content, 2).await;
    assert_eq!(positions(&mut followed, 2).await, logged(&app).await[3..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_cursor_the_past_comes_first_and_is_said_to_be_told_once() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_some(&content, 300).await;
    let all = logged(&app).await;
    let mut followed = app.follow(&studio, Some(all[9])).await;
    let mut told = Vec::new();
    loop {
        match next(&mut followed).await {
            LogItem::Event(event) => told.push(event.position),
            LogItem::CaughtUp { position, .. } => {
                assert_eq!(position, *all.last().unwrap());
                break;
            }
            LogItem::Gap { .. } => panic!("nothing is missing"),
        }
    }
    assert_eq!(told, all[10..]);
    app.start_some(&content, 1).await;
    assert!(matches!(next(&mut followed).await, LogItem::Event(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_commits_late_hides_nothing() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let first = app.start_view(&content, Uuid::new_v4()).await.unwrap().view.unwrap();
    let mut followed = app.follow(&studio, None).await;
    next(&mut followed).await;

    let late = app.app.db.begin(Scope::Everything).await.unwrap();
    let event = NewViewEvent { kind: ViewEventKind::Progressed, view_session: first.clone() };
    NewViewEvent::append(&late, &[event], app.app.clock.now()).await.unwrap();
    let twin = app.twin().await;
    let other = content.clone();
    let second = Uuid::new_v4();
    let waiting = tokio::spawn(async move { twin.start_view(&other, second).await.map(|_| twin) });
    wait_for_advisory_waiter(&app).await;
    late.commit().await.unwrap();
    let _twin = waiting.await.unwrap().unwrap();

    let mut sessions = Vec::new();
    for _ in 0..2 {
        let LogItem::Event(event) = next(&mut followed).await else { panic!("the past was told already") };
        sessions.push(event.view_session.as_ref().unwrap().session_id);
    }
    assert_eq!(sessions, [first.session_id, second]);
}

/// Waits until some transaction waits for its turn to append.
async fn wait_for_advisory_waiter(app: &TestApp) {
    let url = app.app.config.database_url.as_deref().unwrap();
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let waiters = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let waited = async {
        while client.query_one(waiters, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("nobody waits to append");
}

#[tokio::test(flavor = "multi_thread")]
async fn resumed_again_and_again_under_two_writers_nothing_is_lost_or_doubled() {
    let app = TestApp::start().await;
    let twin = app.twin().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (other, _) = app.playing(&studio.project, "2", &["one.mp4"]).await;
    let total = 2 * 2 * 5 * 20;
    let write = async {
        for _ in 0..20 {
            tokio::join!(
                app.start_some(&content, 5),
                app.start_some(&other, 5),
                twin.start_some(&other, 5),
                twin.start_some(&content, 5),
            );
        }
    };
    let read = async {
        let mut told: Vec<i64> = Vec::new();
        while told.len() < total {
            let from = if told.len().is_multiple_of(2) { &app } else { &twin };
            let mut followed = from.follow(&studio, Some(told.last().copied().unwrap_or(0))).await;
            let count = 37.min(total - told.len());
            told.extend(positions(&mut followed, count).await);
        }
        told
    };
    let ((), told) = tokio::join!(write, read);
    assert_eq!(told, logged(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_process_tells_what_the_other_wrote() {
    let app = TestApp::start().await;
    let twin = app.twin().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (mut here, mut there) = (app.follow(&studio, None).await, twin.follow(&studio, None).await);
    for process in [&app, &twin, &app, &twin] {
        process.start_some(&content, 3).await;
    }
    let all = logged(&app).await;
    assert_eq!(positions(&mut here, 12).await, all);
    assert_eq!(positions(&mut there, 12).await, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lags_behind_reads_for_itself_and_loses_nothing() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (mut slow, mut fast) = (app.follow(&studio, None).await, app.follow(&studio, None).await);
    // One page of live events each, and more of them than are kept.
    for _ in 0..150 {
        app.start_some(&content, 1).await;
        positions(&mut fast, 1).await;
    }
    assert_eq!(positions(&mut slow, 150).await, logged(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_outlives_broken_connections() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let mut followed = app.follow(&studio, None).await;
    app.start_some(&content, 1).await;
    positions(&mut followed, 1).await;
    app.change(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .await;
    let session_id = Uuid::new_v4();
    let started = async { while app.start_view(&content, session_id).await.is_err() {} };
    tokio::time::timeout(PATIENCE, started).await.expect("the writer did not recover");
    assert_eq!(positions(&mut followed, 1).await, logged(&app).await[1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_was_notified_of_is_told_all_the_same() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let mut followed = app.follow(&studio, None).await;
    app.start_some(&content, 1).await;
    positions(&mut followed, 1).await;
    // As if the notification had been lost on its way.
    for doubled in [1, 2, 4] {
        app.repeat_first_event(doubled).await;
        let told = positions(&mut followed, doubled).await;
        assert_eq!(told, logged(&app).await[doubled..]);
    }
    // As if its connection had, and nobody could listen again.
    app.change(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
    .await;
    app.repeat_first_event(8).await;
    assert_eq!(positions(&mut followed, 8).await, logged(&app).await[8..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ones_own_views_are_told_and_only_to_those_who_may() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (foreign, _) = app.playing(&other.project, "1", &["one.mp4"]).await;
    let mut followed = app.follow(&studio, Some(0)).await;
    app.start_some(&foreign, 2).await;
    app.start_some(&content, 1).await;
    app.start_some(&foreign, 2).await;
    app.start_some(&content, 1).await;
    let own: Vec<i64> =
        app.log().await.iter().filter(|e| e.company_id == studio.company.id).map(|e| e.position).collect();
    assert_eq!(positions(&mut followed, 2).await, own);

    let stranger = app.member(other.company.id, Role::Manager).await;
    let newest = *logged(&app).await.last().unwrap();
    let attempt = |of, after: Option<i64>, viewer: Viewer| {
        let app = Arc::clone(&app.app);
        async move { follow(&app, &viewer, of, after.map(Cursor)).await.map(|_| ()) }
    };
    for of in [
        ViewLogScope::Everything,
        ViewLogScope::Company(studio.company.id),
        ViewLogScope::Project(studio.project.id),
        ViewLogScope::ArContent(content.id),
        ViewLogScope::ArContent(1_000_000),
    ] {
        assert!(matches!(attempt(of, None, stranger.viewer.clone()).await, Err(Error::NotFound)), "{of:?}");
    }
    let future = attempt(ViewLogScope::Company(other.company.id), Some(newest + 1), stranger.viewer.clone()).await;
    assert!(matches!(future, Err(Error::InvalidCursor)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_subscribes_in_graphql() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await.viewer;
    let document =
        "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope, where: { deviceType: [UNKNOWN] }) {
        __typename ... on StreamPosition { cursor }
        ... on ViewSessionStarted { viewSession { status arContent { orderNumber } } } } }";
    let scope = json!({ "companyId": arvlite_api::global_id::encode::<Company>(studio.company.id) });
    let request = Request::new(document).variables(Variables::from_json(json!({ "scope": scope })));
    let mut stream = Box::pin(graphql::build().execute_stream(graphql::with_data(request, &app.app, &viewer)));
    let mut items = Vec::new();
    for turn in 0..2 {
        let response = tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().unwrap();
        let response = serde_json::to_value(response).unwrap();
        assert_eq!(response.get("errors"), None);
        items.push(response["data"]["viewEvents"].clone());
        if turn == 0 {
            app.start_some(&content, 1).await;
        }
    }
    assert_eq!(items[0]["__typename"], "StreamCaughtUp");
    assert_eq!(items[1]["__typename"], "ViewSessionStarted");
    assert_eq!(items[1]["viewSession"], json!({ "status": "ACTIVE", "arContent": { "orderNumber": "1" } }));
    assert!(items[1]["cursor"].is_string() && items[1]["cursor"] != Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_writer_says_so_at_once() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_some(&content, 1).await;
    // As long as somebody holds the table, the writer stands still.
    let holder = app.connect().await;
    holder.batch_execute("BEGIN; LOCK TABLE ar_view_sessions IN EXCLUSIVE MODE").await.unwrap();
    let mut starts: futures_util::stream::FuturesUnordered<_> =
        (0..2_000).map(|_| app.start_view(&content, Uuid::new_v4())).collect();
    let refused = starts.next().await.unwrap();
    assert!(matches!(refused, Err(Error::Throttled)), "{:?}", refused.map(|_| ()));
    holder.batch_execute("COMMIT").await.unwrap();
    let mut accepted = 0;
    while let Some(answer) = starts.next().await {
        accepted += usize::from(answer.is_ok());
    }
    assert!(accepted >= 1_024, "{accepted}");
}
