//! The door over the wire, with the real schema behind it.

use serde_json::{Value, json};

use crate::support::{Served, TestApp, token_of};

#[tokio::test]
async fn whoever_signed_in_is_known_by_their_token() {
    let test = TestApp::start().await;
    let (admin, served) = (test.admin().await, Served::start(&test.app).await);
    let token = token_of(&test.app, &admin).await;
    let query = "{ companies(first: 1) { totalCount } }";
    let known = served.ask(Some(&token), query, json!({})).await;
    assert_eq!(known, json!({ "data": { "companies": { "totalCount": 0 } } }));
    let unknown = served.ask(None, query, json!({})).await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(unknown["errors"][0]["path"], json!(["companies"]));
}

#[tokio::test]
async fn the_schema_is_introspected_by_the_signed_in() {
    let test = TestApp::start().await;
    let (admin, served) = (test.admin().await, Served::start(&test.app).await);
    let token = token_of(&test.app, &admin).await;
    let query = "{ __schema { types { name fields { name args { name } type { name } } } } }";
    let known = served.ask(Some(&token), query, json!({})).await;
    assert!(known["data"]["__schema"]["types"].as_array().unwrap().len() > 20);
    let unknown = served.ask(None, query, json!({})).await;
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert!(unknown.get("data").is_none());
    let text = served.get("/schema.graphql", "").await;
    assert_eq!((text.status, text.body.as_str()), (200, arvlite_api::graphql::print().as_str()));
    let tag = text.head.lines().find_map(|line| line.strip_prefix("etag: w/")).unwrap().to_owned();
    assert_eq!(served.get("/schema.graphql", &format!("\r\nIf-None-Match: W/{tag}")).await.status, 304);
}

#[tokio::test]
async fn every_address_answers() {
    let test = TestApp::start().await;
    let served = Served::start(&test.app).await;
    for (path, status) in [
        ("/", 200),
        ("/healthz", 200),
        ("/readyz", 200),
        ("/ar/00000000-0000-4000-8000-000000000000/qr.svg", 200),
        ("/ar/not-an-id", 200),
        ("/ar/00000000-0000-4000-8000-000000000000", 200),
        ("/media/nothing", 404),
        ("/nothing", 404),
    ] {
        let answer = served.get(path, "").await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert!(answer.head.contains("x-content-type-options: nosniff"), "{path}");
        assert!(answer.head.contains("x-request-id: "), "{path}");
    }
}

#[tokio::test]
async fn a_bomb_is_refused_shortly_and_the_next_one_is_served() {
    let test = TestApp::start().await;
    let served = Served::start(&test.app).await;
    let doubling: String = (0..30).map(|n| format!("fragment F{n} on Query {{ ...F{0} ...F{0} }} ", n + 1)).collect();
    for bomb in [
        format!("{{ ...F0 }} {doubling} fragment F30 on Query {{ __typename }}"),
        "{ ...A } fragment A on Query { ...A }".to_owned(),
        "{a".repeat(100_000),
        format!("{{ __typename {} }}", "@a ".repeat(10_000)),
        "a ".repeat(400_000),
        format!("{{ a(b: {}", "[".repeat(100_000)),
        (0..1_000).map(|n| format!("a{n}: __typename ")).collect::<String>(),
    ] {
        let head =
            "POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nAccept: application/graphql-response+json";
        let answer = served.send(head, &json!({ "query": bomb }).to_string()).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "VALIDATION_FAILED"), "{answer:?}");
        assert!(answer.body.len() < 1_000);
    }
    let answer = served.ask(None, "{ __typename }", Value::Null).await;
    assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
}
