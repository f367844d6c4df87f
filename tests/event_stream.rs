//! Event streams with the real schema: where they go on, and when they end.

use arvlite_api::global_id::encode;
use arvlite_db::models::{Company, Role};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::exposition::Exposition;
use crate::support::{Client, Events, Studio, TestApp};

const DOCUMENT: &str = "subscription ($scope: AnalyticsScope!, $after: String) { viewEvents(scope: $scope, after: $after) { __typename } }";

fn of(studio: &Studio) -> Value {
    json!({ "scope": { "companyId": encode::<Company>(studio.company.id) } })
}

async fn follow(app: &TestApp, who: &Client, variables: Value, after: Option<&str>) -> Events {
    Events::open(&app.router, who, DOCUMENT, variables, after).await
}

/// The ids of what begins next.
async fn ids(events: &mut Events, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let event = events.next().await.expect("it goes on");
        if event.data["data"]["viewEvents"]["__typename"] == "ViewSessionStarted" {
            ids.push(event.id.expect("each has an id, whatever is selected"));
        }
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_event_id_goes_on_where_the_stream_broke_off_and_before_after() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let viewer = app.member(studio.company.id, Role::Viewer).await;
    let mut events = follow(&app, &viewer, of(&studio), None).await;
    let first = events.next().await.unwrap();
    assert_eq!(first.data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
    for _ in 0..5 {
        app.start_view(&content, Uuid::new_v4()).await.unwrap();
    }
    let told = ids(&mut events, 5).await;
    drop(events);

    let mut resumed = follow(&app, &viewer, of(&studio), Some(&told[2])).await;
    assert_eq!(ids(&mut resumed, 2).await, told[3..]);
    let mut from_the_start = of(&studio);
    from_the_start["after"] = json!(first.id.unwrap());
    let mut argument = follow(&app, &viewer, from_the_start.clone(), None).await;
    assert_eq!(ids(&mut argument, 5).await, told);
    let mut both = follow(&app, &viewer, from_the_start, Some(&told[3])).await;
    assert_eq!(ids(&mut both, 1).await, told[4..]);
    let mut argument_of_nobody = follow(&app, &viewer, of(&studio), Some("")).await;
    assert_eq!(argument_of_nobody.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_follow_is_told_so_and_the_stream_completes() {
    let app = TestApp::start().await;
    let (studio, other) = (app.studio("Studio").await, app.studio("Other").await);
    let stranger = app.member(other.company.id, Role::Manager).await;
    for (who, after, code) in [
        (&stranger, None, "NOT_FOUND"),
        (&app.anonymous(), None, "UNAUTHENTICATED"),
        (&app.admin().await, Some("nonsense"), "INVALID_CURSOR"),
    ] {
        let mut events = follow(&app, who, of(&studio), after).await;
        let told = events.next().await.unwrap();
        assert_eq!((told.name.as_str(), &told.data["errors"][0]["extensions"]["code"]), ("next", &json!(code)));
        assert_eq!(events.next().await.unwrap().name, "complete");
        assert!(events.next().await.is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_with_the_sign_in_that_opened_it() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let listening = app.app.clone();
    tokio::spawn(async move { listening.credentials.listen(&listening.db, &listening.metrics).await });
    let (leaves, stays) =
        (app.member(studio.company.id, Role::Viewer).await, app.member(studio.company.id, Role::Viewer).await);
    let mut ends = follow(&app, &leaves, of(&studio), None).await;
    let mut goes_on = follow(&app, &stays, of(&studio), None).await;
    for events in [&mut ends, &mut goes_on] {
        assert_eq!(events.next().await.unwrap().data["data"]["viewEvents"]["__typename"], "StreamCaughtUp");
    }
    leaves.ask("mutation { logout { userErrors { code } } }", json!({})).await;
    assert!(ends.next().await.is_none(), "without complete, so that the client comes again and is told why");
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    assert_eq!(ids(&mut goes_on, 1).await.len(), 1);
}

async fn counted(app: &TestApp) -> Exposition {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    let text = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    Exposition::read(std::str::from_utf8(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_counted_as_a_way_of_their_own() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let admin = app.admin().await;
    let mut events = follow(&app, &admin, of(&studio), None).await;
    events.next().await.unwrap();
    let told = counted(&app).await;
    assert_eq!((told.value("arvlite_event_streams"), told.value("arvlite_subscriptions")), (1.0, 1.0));
    drop(events);
    let mut query = Events::open(&app.router, &admin, "{ companies { totalCount } }", json!({}), None).await;
    while query.next().await.is_some() {}
    let mut told = counted(&app).await;
    while told.value("arvlite_event_streams") > 0.0 {
        told = counted(&app).await;
    }
    for operation in ["query", "subscription"] {
        let series = format!("arvlite_operations_total{{code=\"OK\",operation=\"{operation}\",transport=\"sse\"}}");
        assert_eq!(told.value(&series), 1.0, "{series}");
    }
    assert_eq!(told.value("arvlite_subscriptions"), 0.0);
}
