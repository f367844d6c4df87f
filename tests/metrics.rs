//! What the program counts about itself, read as a collector reads it.

use std::net::SocketAddr;
use std::time::Duration;

use arvlite_api::app::App;
use arvlite_api::auth::Viewer;
use arvlite_api::config::{Config, Mode};
use arvlite_api::domain::view::{LogItem, follow};
use arvlite_api::http::router;
use arvlite_api::jobs::Background;
use arvlite_db::models::{Role, ViewLogScope};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::Request;
use chrono::TimeDelta;
use futures_util::StreamExt;
use futures_util::future::join_all;
use serde_json::json;
use tower::ServiceExt;
use uuid::Uuid;

use crate::support::exposition::Exposition;
use crate::support::process::{Http, Socket};
use crate::support::{Served, TestApp, token_of};

const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a request, and gives the status and the body of its answer.
async fn send(router: &Router, request: Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let (status, body) = (response.status().as_u16(), to_bytes(response.into_body(), usize::MAX).await.unwrap());
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn get(router: &Router, path: &str) -> (u16, String) {
    send(router, Request::get(path).body(Body::empty()).unwrap()).await
}

async fn scrape(router: &Router) -> Exposition {
    let (status, text) = get(router, "/metrics").await;
    assert_eq!(status, 200, "{text}");
    Exposition::read(&text)
}

/// Asks again until it is so.
async fn until(router: &Router, what: impl Fn(&Exposition) -> bool) -> Exposition {
    let asking = async {
        loop {
            let told = scrape(router).await;
            if what(&told) {
                return told;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.expect("it never was so")
}

fn ended(transport: &str, operation: &str, code: &str) -> String {
    format!("arvlite_operations_total{{code=\"{code}\",operation=\"{operation}\",transport=\"{transport}\"}}")
}

fn of_way(series: &str, operation: &str, bound: Option<&str>) -> String {
    let bound = bound.map(|bound| format!("le=\"{bound}\",")).unwrap_or_default();
    format!("arvlite_operation_{series}{{{bound}operation=\"{operation}\",transport=\"http\"}}")
}

const PROJECT: &str = "mutation ($id: ID!, $name: String!) { projectCreate(input: { companyId: $id, name: $name })
    { project { id } userErrors { code } } }";

#[tokio::test(flavor = "multi_thread")]
async fn known_traffic_is_counted_exactly() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (admin, nobody) = (app.admin().await, app.anonymous());
    let sent = app.app.db.statements_sent();
    for _ in 0..3 {
        admin.ask("{ companies(first: 1) { totalCount nodes { name } } }", json!({})).await;
    }
    let company = admin.ask("{ companies(first: 1) { nodes { id } } }", json!({})).await;
    let id = &company["companies"]["nodes"][0]["id"];
    for (name, errors) in [("Winter", 0), ("Summer", 0), ("Winter", 1)] {
        let made = admin.ask(PROJECT, json!({ "id": id, "name": name })).await;
        assert_eq!(made["projectCreate"]["userErrors"].as_array().unwrap().len(), errors);
    }
    for (who, document) in [
        (&nobody, "{ companies { totalCount } }"),
        (&nobody, "{ nothing"),
        (&admin, "{ nothing }"),
        (&admin, "{ companies(after: \"x\") { totalCount } }"),
    ] {
        who.try_ask(document, json!({})).await;
    }
    send(&app.router, Request::post("/graphql").header("content-type", "text/csv").body(Body::empty()).unwrap()).await;
    let (status, _) = get(&app.router, &format!("/ar/{}", content.unique_id)).await;
    assert_eq!(status, 200);

    let told = scrape(&app.router).await;
    for (series, count) in [
        (ended("http", "query", "OK"), 4.0),
        (ended("http", "mutation", "OK"), 2.0),
        (ended("http", "mutation", "USER_ERRORS"), 1.0),
        (ended("http", "query", "UNAUTHENTICATED"), 1.0),
        (ended("http", "none", "VALIDATION_FAILED"), 1.0),
        (ended("http", "query", "VALIDATION_FAILED"), 1.0),
        (ended("http", "query", "INVALID_CURSOR"), 1.0),
        (ended("http", "none", "BAD_REQUEST"), 1.0),
        (ended("page", "query", "OK"), 1.0),
        (of_way("duration_seconds_count", "query", None), 7.0),
        (of_way("duration_seconds_bucket", "mutation", Some("+Inf")), 3.0),
        ("arvlite_http_requests_total{route=\"/graphql\",status=\"200\"}".to_owned(), 11.0),
        ("arvlite_http_requests_total{route=\"/graphql\",status=\"415\"}".to_owned(), 1.0),
        ("arvlite_http_request_duration_seconds_count{route=\"/ar/{unique_id}\"}".to_owned(), 1.0),
        ("arvlite_database_connections_limit".to_owned(), 4.0),
        ("arvlite_database_connections{state=\"in_use\"}".to_owned(), 0.0),
        ("arvlite_database_waiting".to_owned(), 0.0),
        (format!("arvlite_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0),
        ("process_start_time_seconds".to_owned(), 1_795_262_400.0),
    ] {
        assert_eq!(told.value(&series), count, "{series} of {:#?}", told.series());
    }
    assert_eq!(told.sum("arvlite_operations_total"), 13.0);
    // Every statement belongs to the operation that sent it, also where another task did.
    let sent = app.app.db.statements_sent() - sent;
    assert_eq!(told.sum("arvlite_operation_statements_sum"), f64::from(u32::try_from(sent).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_at_once_are_not_taken_for_each_other() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let content = app.content(&studio.project, "1").await;
    app.video(&content, "one.mp4").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let id = manager.ask("{ companies(first: 1) { nodes { id } } }", json!({})).await;
    let id = &id["companies"]["nodes"][0]["id"];
    let tree =
        "{ companies { nodes { projects { nodes { arContents { nodes { videos { nodes { filename } } } } } } } } }";
    // What is remembered only for a while, or for good, is read now.
    manager.ask(PROJECT, json!({ "id": id, "name": "Zero" })).await;
    manager.ask(tree, json!({})).await;
    let (before, sent) = (scrape(&app.router).await, app.app.db.statements_sent());
    let reads = (0..20).map(|_| async { drop(manager.ask(tree, json!({})).await) });
    let writes = (0..10).map(|number| {
        let variables = json!({ "id": id, "name": format!("Project {number}") });
        async { drop(manager.ask(PROJECT, variables).await) }
    });
    tokio::join!(join_all(reads), join_all(writes));

    let after = scrape(&app.router).await;
    let more = |series: &str, operation: &str, bound: Option<&str>| {
        let series = of_way(series, operation, bound);
        after.value(&series) - before.value(&series)
    };
    assert_eq!((more("statements_count", "query", None), more("statements_sum", "query", None)), (20.0, 80.0));
    let (up_to_two, up_to_four) =
        (more("statements_bucket", "query", Some("2.0")), more("statements_bucket", "query", Some("4.0")));
    assert_eq!((up_to_two, up_to_four), (0.0, 20.0), "each has its own four");
    let writes = more("statements_sum", "mutation", None);
    assert_eq!(writes % 10.0, 0.0, "each write sends as many: {writes}");
    assert_eq!(writes + 80.0, f64::from(u32::try_from(app.app.db.statements_sent() - sent).unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn sockets_and_who_subscribes_are_counted_while_they_are_there() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let (admin, served) = (app.admin().await, Served::start(&app.app).await);
    let who = Http::new(&served.address.to_string(), Some(&token_of(&app.app, &admin).await));
    let company = who.ask("{ companies(first: 1) { nodes { id } } }", json!({})).await;
    let scope = json!({ "scope": { "companyId": company["companies"]["nodes"][0]["id"] } });
    let document = "subscription ($scope: AnalyticsScope!) { viewEvents(scope: $scope) { __typename } }";
    let mut socket = Socket::subscribed(&who, document, scope).await;
    assert_eq!(socket.next().await["viewEvents"]["__typename"], "StreamCaughtUp");
    app.start_view(&content, Uuid::new_v4()).await.unwrap();
    assert_eq!(socket.next().await["viewEvents"]["__typename"], "ViewSessionStarted");
    let told = Exposition::read(&served.get("/metrics", "").await.body);
    for (series, count) in [
        ("arvlite_sockets", 1.0),
        ("arvlite_subscriptions", 1.0),
        ("arvlite_view_log_followers", 1.0),
        ("arvlite_view_log_lag_positions", 0.0),
        ("arvlite_subscription_events_total", 2.0),
    ] {
        assert_eq!(told.value(series), count, "{series}");
    }
    assert!(told.value("arvlite_connections") >= 1.0);
    drop(socket);
    // The second one is looked at, and the first one read, each at a time of its own.
    let is_over =
        |told: &Exposition| ["arvlite_subscriptions", "arvlite_view_log_followers"].map(|name| told.value(name));
    let gone = until(&app.router, |told| is_over(told) == [0.0, 0.0]).await;
    assert_eq!(gone.value(&ended("websocket", "subscription", "OK")), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn beacons_are_counted_by_batches_and_whoever_falls_behind_is_seen() {
    let app = TestApp::start().await;
    let studio = app.studio("Studio").await;
    let (content, _) = app.playing(&studio.project, "1", &["one.mp4"]).await;
    let of = ViewLogScope::Company(studio.company.id);
    let mut follower = Box::pin(follow(&app.app, &Viewer::system(), of, None).await.unwrap());
    for _ in 0..3 {
        app.start_view(&content, Uuid::new_v4()).await.unwrap();
    }
    let told = until(&app.router, |told| told.value("arvlite_view_log_lag_positions") == 3.0).await;
    assert_eq!(told.value("arvlite_beacon_batch_size_count"), 3.0);
    assert_eq!(told.value("arvlite_beacon_batch_size_bucket{le=\"1.0\"}"), 3.0);
    let mut heard = 0;
    while heard < 3 {
        heard += usize::from(matches!(follower.next().await, Some(Ok(LogItem::Event(_)))));
    }
    let told = until(&app.router, |told| told.value("arvlite_view_log_lag_positions") == 0.0).await;
    let newest = app.log().await.last().unwrap().position;
    assert_eq!(told.value("arvlite_view_log_position"), f64::from(i32::try_from(newest).unwrap()));

    join_all((0..40).map(|_| app.start_view(&content, Uuid::new_v4()))).await;
    let told = scrape(&app.router).await;
    assert_eq!(told.value("arvlite_beacon_batch_size_sum"), 43.0);
    assert!(told.value("arvlite_beacon_batch_size_count") < 43.0, "some were written together");
    assert_eq!(told.value("arvlite_beacons_waiting"), 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_a_job_grows_until_it_runs_again() {
    let app = TestApp::start().await;
    assert!(!scrape(&app.router).await.has("arvlite_job_age_seconds{job=\"tidy\"}"), "it is not done here");
    let background = Background::start(&app.app);
    let ran = |job: &str| format!("arvlite_job_runs_total{{job=\"{job}\",outcome=\"ok\"}}");
    until(&app.router, |told| told.value(&ran("tidy")) == 1.0 && told.value(&ran("end_silent_views")) >= 1.0).await;
    until(&app.router, |told| told.value("arvlite_database_listening{channel=\"arvlite_revoked\"}") == 1.0).await;
    drop(background);
    app.app.clock.advance(TimeDelta::milliseconds(90_500));
    let told = scrape(&app.router).await;
    for job in ["tidy", "end_silent_views"] {
        assert_eq!(told.value(&format!("arvlite_job_age_seconds{{job=\"{job}\"}}")), 90.5);
    }
}

/// Sends a word in every place where a client has a word.
async fn sprinkle(app: &TestApp, word: &str) {
    let admin = app.admin().await;
    let query = format!("query {word} {{ {word}: companies {{ totalCount }} }}");
    admin.ask(&query, json!({ word: word })).await;
    app.anonymous().try_ask(&format!("{{ {word} }}"), json!({})).await;
    app.anonymous().try_ask(&format!("mutation {word} {{ {word}(input: \"{word}\") }}"), json!({})).await;
    let post = json!({ "query": query, "operationName": format!("{word}2") }).to_string();
    let mut requests =
        vec![Request::post("/graphql").header("content-type", "application/json").body(post.into()).unwrap()];
    for path in [format!("/{word}"), format!("/media/{word}"), format!("/ar/{word}"), format!("/graphql?query={word}")]
    {
        for method in ["GET", "POST", word] {
            let request = Request::builder().method(method).uri(&path).header("x-request-id", word);
            let request = request.header("user-agent", word).header("host", word).header("authorization", word);
            requests.push(request.header("content-type", word).body(word.to_owned().into()).unwrap());
        }
    }
    for request in requests {
        send(&app.router, request).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_label_comes_from_a_client() {
    let app = TestApp::start().await;
    sprinkle(&app, "intruder").await;
    let first = get(&app.router, "/metrics").await.1;
    sprinkle(&app, "burglar").await;
    let second = get(&app.router, "/metrics").await.1;
    assert!(!second.contains("intruder") && !second.contains("burglar"), "{second}");
    let (first, second) = (Exposition::read(&first), Exposition::read(&second));
    let new: Vec<&str> = second.series().into_iter().filter(|series| !first.has(series)).collect();
    assert!(new.iter().all(|series| series.contains("route=\"/metrics\"")), "{new:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_production_a_stranger_is_told_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let signed_in = format!("Bearer {}", token_of(&app.app, &admin).await);
    let configured = |metrics_token: Option<&str>, mode| {
        let metrics_token = metrics_token.map(str::to_owned);
        let config = Config { mode, metrics_token, ..app.app.config.clone() };
        let App { db, clock, secret, store, .. } = &*app.app;
        router(App::new(config, db.clone(), clock.clone(), secret.clone(), store.clone()))
    };
    let asked = async |router: &Router, shown: Option<&str>| {
        let mut request = Request::get("/metrics").extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
        if let Some(shown) = shown {
            request = request.header("authorization", shown);
        }
        let (status, text) = send(router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(text.contains("arvlite_"), status == 200, "{text}");
        status
    };
    let closed = configured(None, Mode::Production);
    for shown in [None, Some("Bearer "), Some("Bearer x"), Some(signed_in.as_str())] {
        assert_eq!(asked(&closed, shown).await, 404, "{shown:?}");
    }
    for mode in [Mode::Production, Mode::Development] {
        let guarded = configured(Some("a-token-for-collectors"), mode);
        for (shown, status) in [
            (None, 401),
            (Some("a-token-for-collectors"), 401),
            (Some("Basic a-token-for-collectors"), 401),
            (Some("Bearer a-token-for-collector"), 401),
            (Some("Bearer A-TOKEN-FOR-COLLECTORS"), 401),
            (Some(signed_in.as_str()), 401),
            (Some("Bearer a-token-for-collectors"), 200),
        ] {
            assert_eq!(asked(&guarded, shown).await, status, "{shown:?}");
        }
    }
    assert_eq!(asked(&configured(None, Mode::Development), None).await, 200);
}
