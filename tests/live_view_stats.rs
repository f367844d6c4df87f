//! Who looks now: what the picture counts, and when a dashboard is told it again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use arvlite_api::auth::{Caller, Viewer};
use arvlite_api::domain::Result;
use arvlite_api::domain::view::{Beat, Picture, PictureOf, Start, follow_live_stats, sweep_once};
use arvlite_api::global_id::{Tagged, encode};
use arvlite_db::models::{ArContent, DeviceType, Role, ViewLogScope};
use arvlite_db::{Entity, StatementCount};
use async_graphql::ID;
use chrono::TimeDelta;
use futures_util::future::join_all;
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Client, Events, TestApp};

const NOW: &str =
    "query ($scope: AnalyticsScope!, $window: Duration! = \"PT5M\") { liveViewStats(scope: $scope, window: $window) {
    activeSessions startedInWindow endedInWindow averageSeconds byDevice { value activeSessions }
    topContents { arContent { orderNumber } activeSessions startedInWindow } } }";
const FOLLOW: &str = "subscription ($scope: AnalyticsScope!) { liveViewStats(scope: $scope, every: \"PT0.2S\") {
    activeSessions startedInWindow topContents(first: 1) { arContent { orderNumber } } } }";
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const PATIENCE: Duration = Duration::from_secs(30);

impl TestApp {
    /// Starts a view on a kind of device, and gives its token.
    async fn look(&self, content: &ArContent, device_type: DeviceType) -> String {
        let start = Start {
            unique_id: content.unique_id,
            session_id: Uuid::new_v4(),
            device_type: Some(device_type),
            ..Start::default()
        };
        self.app.views.writer.start(start, &Caller::default()).await.unwrap().token.unwrap()
    }

    async fn report(&self, token: &str, played_seconds: i32, ended: bool) {
        let beat = Beat { played_seconds: Some(played_seconds), ended, ..Beat::default() };
        self.app.views.writer.beat(token, beat).await.unwrap();
    }
}

fn id_of<T: Tagged + Entity>(row: &T) -> ID {
    encode::<T>(row.id())
}

async fn now(who: &Client, scope: &Value) -> Value {
    who.ask(NOW, json!({ "scope": scope })).await["liveViewStats"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_counts_who_looks_now_and_who_came_and_went_lately() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let second = app.project(&studio.company, "Second").await;
    let (busy, _) = app.playing(&studio.project, "busy", &["one.mp4"]).await;
    let (quiet, _) = app.playing(&second, "quiet", &["one.mp4"]).await;
    let company = json!({ "companyId": id_of(&studio.company) });

    app.look(&busy, DeviceType::Mobile).await;
    let ends = app.look(&busy, DeviceType::Mobile).await;
    let other = app.look(&quiet, DeviceType::Tablet).await;
    app.look(&busy, DeviceType::Bot).await;
    app.app.clock.advance(TimeDelta::seconds(30));
    app.report(&ends, 10, true).await;
    app.report(&other, 25, false).await;

    let whole = now(&dashboard, &company).await;
    assert_eq!(
        whole,
        json!({
            "activeSessions": 2, "startedInWindow": 3, "endedInWindow": 1, "averageSeconds": 17.5,
            "byDevice": [{ "value": "MOBILE", "activeSessions": 1 }, { "value": "TABLET", "activeSessions": 1 }],
            "topContents": [
                { "arContent": { "orderNumber": "busy" }, "activeSessions": 1, "startedInWindow": 2 },
                { "arContent": { "orderNumber": "quiet" }, "activeSessions": 1, "startedInWindow": 1 },
            ],
        })
    );
    for part in [json!({ "projectId": id_of(&second) }), json!({ "arContentId": id_of(&quiet) })] {
        let part = now(&dashboard, &part).await;
        assert_eq!((&part["activeSessions"], &part["endedInWindow"]), (&json!(1), &json!(0)));
        assert_eq!(part["topContents"].as_array().unwrap().len(), 1);
    }

    app.app.clock.advance(TimeDelta::seconds(61));
    sweep_once(&app.app).await.unwrap();
    let silent = now(&dashboard, &company).await;
    assert_eq!((&silent["activeSessions"], &silent["endedInWindow"]), (&json!(0), &json!(3)));
    app.app.clock.advance(TimeDelta::minutes(5));
    let nobody = json!({ "activeSessions": 0, "startedInWindow": 0, "endedInWindow": 0, "averageSeconds": null,
        "byDevice": [], "topContents": [] });
    assert_eq!(now(&dashboard, &company).await, nobody);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_phone_tells_of_the_morning_does_not_go_on_now() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let scope = json!({ "companyId": id_of(&studio.company) });
    app.app.clock.advance(TimeDelta::hours(3));
    for minutes in [2, 120] {
        let (unique_id, session_id, ago) = (content.unique_id, Uuid::new_v4(), TimeDelta::minutes(minutes));
        let start = Start { unique_id, session_id, ago, ..Start::default() };
        app.app.views.writer.start(start, &Caller::default()).await.unwrap();
    }
    let told = now(&dashboard, &scope).await;
    let numbers = ["activeSessions", "startedInWindow", "endedInWindow"].map(|name| told[name].as_i64().unwrap());
    assert_eq!((numbers, &told["byDevice"]), ([0, 1, 1], &json!([])));
    sweep_once(&app.app).await.unwrap();
    assert_eq!(now(&dashboard, &scope).await, told, "the sweeper only writes down what is so");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_and_a_pace_have_bounds() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let scope = json!({ "companyId": id_of(&studio.company) });
    for (window, fits) in [("PT1S", true), ("PT1H", true), ("PT0.9S", false), ("PT1H1S", false)] {
        let answer = dashboard.try_ask(NOW, json!({ "scope": scope, "window": window })).await;
        assert_eq!(answer.0.get("errors").is_none(), fits, "{window}: {:#}", answer.0);
        if !fits {
            assert_eq!(answer.0["errors"][0]["extensions"]["field"], json!(["window"]));
            assert_eq!(answer.0["errors"][0]["message"], "must be from PT1S to PT1H");
        }
    }
    for window in ["5 minutes", "P1D", "-PT5M", "", "5m"] {
        let answer = dashboard.try_ask(NOW, json!({ "scope": scope, "window": window })).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{window}: {:#}", answer.0);
    }
    for every in ["PT0.1S", "PT31S"] {
        let document = FOLLOW.replace("PT0.2S", every);
        let mut events = Events::open(&app.router, &dashboard, &document, json!({ "scope": scope }), None).await;
        let error = events.next().await.unwrap().data["errors"][0].clone();
        assert_eq!(error["extensions"]["field"], json!(["every"]), "{error}");
    }
    let answer =
        dashboard.try_ask(&NOW.replace("topContents {", "topContents(first: 51) {"), json!({ "scope": scope })).await;
    assert_eq!(answer.0["errors"][0]["extensions"]["field"], json!(["first"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_is_told_at_once_and_then_only_what_changed() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let scope = json!({ "companyId": id_of(&studio.company) });
    let mut events = Events::open(&app.router, &dashboard, FOLLOW, json!({ "scope": scope }), None).await;
    let mut told = async || events.next().await.unwrap().data["data"]["liveViewStats"].clone();

    assert_eq!(told().await, json!({ "activeSessions": 0, "startedInWindow": 0, "topContents": [] }));
    let first = app.look(&content, DeviceType::Mobile).await;
    let shown = json!([{ "arContent": { "orderNumber": "1" } }]);
    assert_eq!(told().await, json!({ "activeSessions": 1, "startedInWindow": 1, "topContents": shown }));
    app.report(&first, 0, true).await;
    assert_eq!(told().await, json!({ "activeSessions": 0, "startedInWindow": 1, "topContents": shown }));
    // Nothing happens but that the window moves on.
    app.app.clock.advance(TimeDelta::minutes(6));
    assert_eq!(told().await, json!({ "activeSessions": 0, "startedInWindow": 0, "topContents": [] }));
}

type Pictures = Pin<Box<dyn Stream<Item = Result<Arc<Picture>>> + Send>>;

#[tokio::test(flavor = "multi_thread")]
async fn equal_dashboards_share_what_is_read() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let of = PictureOf { scope: ViewLogScope::Company(studio.company.id), window: FIVE_MINUTES };
    let mut dashboards: Vec<Pictures> = Vec::new();
    for _ in 0..20 {
        let viewer = Viewer::system();
        dashboards.push(Box::pin(follow_live_stats(&app.app, &viewer, of, Duration::from_millis(200)).await.unwrap()));
    }
    let statements = StatementCount::default();
    let told = statements.over(join_all(dashboards.iter_mut().map(StreamExt::next))).await;
    assert!(told.into_iter().all(|picture| picture.unwrap().unwrap().counted.active == 0));
    assert!(statements.sent() < 10, "{} statements for 20 equal dashboards", statements.sent());

    app.look(&content, DeviceType::Mobile).await;
    for dashboard in &mut dashboards {
        let picture = tokio::time::timeout(PATIENCE, dashboard.next()).await.expect("it is told in time");
        assert_eq!(picture.unwrap().unwrap().counted.active, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_theirs_is_not_there() {
    let app = TestApp::start().await;
    let (studio, foreign) = (app.studio("Studio").await, app.studio("Foreign").await);
    let dashboard = app.member(studio.company.id, Role::Viewer).await;
    let scope = json!({ "companyId": id_of(&foreign.company) });
    assert_eq!(dashboard.try_ask(NOW, json!({ "scope": scope })).await.code(), "NOT_FOUND");
    let mut events = Events::open(&app.router, &dashboard, FOLLOW, json!({ "scope": scope }), None).await;
    assert_eq!(events.next().await.unwrap().data["errors"][0]["extensions"]["code"], "NOT_FOUND");
    assert_eq!(app.anonymous().try_ask(NOW, json!({ "scope": scope })).await.code(), "UNAUTHENTICATED");
}
