//! What operations cost, told and paid, with the real schema.

use arvlite_api::config::Limits;
use arvlite_db::models::Role;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::{Client, Studio, TestApp, token_of};

/// The whole answer of somebody who shows a token, or none, with what it cost.
async fn told(app: &TestApp, token: Option<&str>, query: &str, variables: Value) -> (StatusCode, Value) {
    let mut request = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = json!({ "query": query, "variables": variables }).to_string();
    let response = app.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let (status, body) = (response.status(), to_bytes(response.into_body(), usize::MAX).await.unwrap());
    (status, serde_json::from_slice(&body).unwrap())
}

async fn studio(app: &TestApp) -> (Studio, Client) {
    let studio = app.studio("Studio").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    (studio, manager)
}

#[tokio::test]
async fn what_came_is_paid_for_and_the_rest_comes_back() {
    let app = TestApp::limited(Limits { budget_restore: 0, ..Limits::default() }).await;
    let (studio, manager) = studio(&app).await;
    for number in ["1", "2", "3"] {
        app.content(&studio.project, number).await;
    }
    let token = token_of(&app.app, &manager).await;
    let query = "{ companies(first: 5) { nodes { arContents(first: 7) { edges { node { project { id } } } } } } }";
    let (_, answer) = told(&app, Some(&token), query, json!({})).await;
    let cost = &answer["extensions"]["cost"];
    assert_eq!(cost["requestedQueryCost"], 1 + 5 * (1 + 1 + 7 * 2));
    assert_eq!(cost["actualQueryCost"], 1 + 1 + 1 + 3 * 2);
    assert_eq!(cost["throttleStatus"]["maximumAvailable"], 50_000);
    assert_eq!(cost["throttleStatus"]["currentlyAvailable"], 50_000 - 9);

    let other = token_of(&app.app, &manager).await;
    let (_, answer) = told(&app, Some(&other), "{ viewer { id } }", json!({})).await;
    assert_eq!(
        answer["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"],
        50_000 - 10,
        "one person, one bucket"
    );
}

#[tokio::test]
async fn the_number_of_rows_that_a_refusal_names_is_accepted() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let tree =
        "query ($n: Int) { companies(first: $n) { nodes { projects(first: $n) { nodes { arContents(first: $n) { nodes {
        videos(first: $n) { nodes { id } } schedules(first: $n) { nodes { id } } } } } } } } }";
    assert_eq!(admin.try_ask(tree, json!({})).await.code(), "no error", "pages of the usual size");
    let refused = admin.try_ask(tree, json!({ "n": 100 })).await;
    assert_eq!(refused.code(), "COST_EXCEEDED");
    let told = &refused.0["errors"][0]["extensions"]["cost"];
    assert_eq!((&told["maximum"], told["dearest"].as_array().unwrap().len()), (&json!(25_000), 3));
    let fits = told["dearest"][0]["largestFirst"].as_i64().unwrap();
    assert_eq!(admin.try_ask(tree, json!({ "n": fits })).await.code(), "no error");
    assert_eq!(admin.try_ask(tree, json!({ "n": fits + 1 })).await.code(), "COST_EXCEEDED");
    let limits = admin.ask("{ serviceLimits { maxCost budget { maximumAvailable } } }", json!({})).await;
    assert_eq!(limits["serviceLimits"]["maxCost"], 25_000);
}

#[tokio::test]
async fn phones_and_strangers_of_one_address_have_budgets_apart() {
    let limits = Limits { anonymous_budget: 5, anonymous_budget_restore: 0, ..Limits::default() };
    let app = TestApp::limited(limits).await;
    let code = uuid::Uuid::new_v4();
    for _ in 0..4 {
        assert_eq!(told(&app, None, "{ serviceLimits { maxCost } }", json!({})).await.0, StatusCode::OK);
    }
    assert_eq!(told(&app, None, "{ serviceLimits { maxCost } }", json!({})).await.0, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..50 {
        let (status, answer) =
            told(&app, None, &format!("{{ arPlayback(uniqueId: \"{code}\") {{ reason }} }}"), json!({})).await;
        assert_eq!((status, &answer["data"]["arPlayback"]["reason"]), (StatusCode::OK, &json!("NOT_FOUND")));
    }
    let mixed = format!("{{ arPlayback(uniqueId: \"{code}\") {{ reason }} serviceLimits {{ maxCost }} }}");
    assert_eq!(told(&app, None, &mixed, json!({})).await.0, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_operations_at_once_than_places_are_refused_for_their_caller_alone() {
    let app = TestApp::limited(Limits { running: 2, running_wait_ms: 1, ..Limits::default() }).await;
    let (_, manager) = studio(&app).await;
    let token = token_of(&app.app, &manager).await;
    let other = app.admin().await;
    let mut blocker = app.connect().await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.batch_execute("LOCK TABLE projects IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let slow = || told(&app, Some(&token), "{ projects { nodes { id } } }", json!({}));
    let free = async {
        // They run once the database says that two wait for the lock.
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
        while app.column::<i64>(waiting).await[0] < 2 {
            tokio::task::yield_now().await;
        }
        let (status, answer) = told(&app, Some(&token), "{ viewer { id } }", json!({})).await;
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!("THROTTLED"))
        );
        assert_eq!(other.try_ask("{ viewer { id } }", json!({})).await.code(), "no error");
        blocking.rollback().await.unwrap();
    };
    let (first, second, ()) = tokio::join!(slow(), slow(), free);
    assert_eq!((first.0, second.0), (StatusCode::OK, StatusCode::OK));
    assert_eq!(told(&app, Some(&token), "{ viewer { id } }", json!({})).await.0, StatusCode::OK);
}

#[tokio::test]
async fn numbers_of_views_cost_the_same_however_many_they_are() {
    let app = TestApp::start().await;
    let (studio, manager) = studio(&app).await;
    let token = token_of(&app.app, &manager).await;
    let query = "query ($scope: AnalyticsScope!) {
        viewAnalytics(scope: $scope, timeframe: { from: \"2026-11-01T00:00:00Z\", to: \"2026-11-21T00:00:00Z\" }) {
            overall { views } timeseries(interval: HOUR) { from metrics { views } }
            breakdown(by: CITY, first: 100) { rows { metrics { views } } other { views } } } }";
    let scope =
        json!({ "companyId": arvlite_api::global_id::encode::<arvlite_db::models::Company>(studio.company.id) });
    let (_, answer) = told(&app, Some(&token), query, json!({ "scope": scope })).await;
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 1 + 3 * 100);
    assert_eq!(answer["extensions"]["cost"]["actualQueryCost"], 1 + 3 * 100);
}
