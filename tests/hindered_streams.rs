//! Streams while the database is busy: what it cannot answer now is answered when it can, and nobody is told the end.

use arvlite_api::global_id::encode;
use arvlite_db::models::{Company, Project, Role};
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::process::{Http, Socket};
use crate::support::{Events, Served, TestApp, token_of};

const FOLLOW: &str =
    "subscription ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after) {
    __typename ... on StreamPosition { cursor }
    ... on ViewSessionStarted { viewSession { sessionId arContent { orderNumber } } } } }";

const LOCK: &str = "LOCK TABLE ar_content IN ACCESS EXCLUSIVE MODE";

impl TestApp {
    /// Waits until so many statements wait for others.
    async fn until_waiting(&self, statements: i64) {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database =
            (SELECT oid FROM pg_database WHERE datname = current_database())";
        while self.column::<i64>(waiting).await[0] != statements {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_told_in_full_is_told_when_it_can() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (viewer, served) = (app.member(studio.company.id, Role::Viewer).await, Served::start(&app.app).await);
    let viewer = Http::new(&served.address.to_string(), Some(&token_of(&app.app, &viewer).await));
    let variables = json!({ "scope": { "companyId": encode::<Company>(studio.company.id) } });
    let mut live = Socket::subscribed(&viewer, FOLLOW, variables.clone()).await;
    let begun = live.next().await["viewEvents"]["cursor"].clone();
    let id = Uuid::new_v4();
    app.start_view(&content, id).await.unwrap();
    let whole = json!({ "sessionId": id, "arContent": { "orderNumber": "1" } });
    assert_eq!(live.next().await["viewEvents"]["viewSession"], whole);

    // Where it is told with others.
    let mut blocker = app.connect().await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.batch_execute(LOCK).await.unwrap();
    app.repeat_first_event(1).await;
    app.until_waiting(1).await;
    app.until_waiting(0).await;
    blocking.rollback().await.unwrap();
    assert_eq!(live.next().await["viewEvents"]["viewSession"], whole);
    // Where somebody reads the past, alone.
    let blocking = blocker.transaction().await.unwrap();
    blocking.batch_execute(LOCK).await.unwrap();
    let by_itself = FOLLOW.replace(", $after: String", "").replace("$after", &begun.to_string());
    let mut late = Socket::subscribed(&viewer, &by_itself, variables).await;
    app.until_waiting(1).await;
    app.until_waiting(0).await;
    blocking.rollback().await.unwrap();
    let told: [Value; 3] = [late.next().await, late.next().await, late.next().await];
    assert_eq!([&told[0]["viewEvents"]["viewSession"], &told[1]["viewEvents"]["viewSession"]], [&whole, &whole]);
    assert_eq!(told[2]["viewEvents"]["__typename"], "StreamCaughtUp");
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    assert_eq!(live.next().await, late.next().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_cannot_begin_begins_when_it_can() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (viewer, served) = (app.member(studio.company.id, Role::Viewer).await, Served::start(&app.app).await);
    let viewer = Http::new(&served.address.to_string(), Some(&token_of(&app.app, &viewer).await));
    let mut blocker = app.connect().await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.batch_execute("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let scope = json!({ "scope": { "projectId": encode::<Project>(studio.project.id) } });
    let mut socket = Socket::subscribed(&viewer, FOLLOW, scope).await;
    app.until_waiting(1).await;
    app.until_waiting(0).await;
    blocking.rollback().await.unwrap();
    assert_eq!(socket.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_read_the_past_leave_connections_to_others() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let scope = json!({ "companyId": encode::<Company>(studio.company.id) });
    let mut live = Events::open(&app.router, &viewer, FOLLOW, json!({ "scope": scope }), None).await;
    let begun = live.next().await.unwrap().id;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    // So that it does not wait with them.
    live.next().await.unwrap();

    let mut blocker = app.connect().await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.batch_execute(LOCK).await.unwrap();
    let late = join_all((0..12).map(async |number| {
        // Each in its own words, so that nobody reads it for another.
        let document = FOLLOW.replace("__typename", &format!("alias{number}: __typename"));
        let variables = json!({ "scope": scope, "after": begun });
        let mut events = Events::open(&app.router, &viewer, &document, variables, None).await;
        let whole = events.next().await.unwrap().data["data"]["viewEvents"]["viewSession"].take();
        assert_eq!(whole["arContent"]["orderNumber"], "1");
    }));
    let others = async {
        app.until_waiting(1).await;
        for _ in 0..20 {
            viewer.ask("{ companies { nodes { name } } }", json!({})).await;
        }
        app.until_waiting(1).await;
        blocking.rollback().await.unwrap();
    };
    tokio::join!(late, others);
}
