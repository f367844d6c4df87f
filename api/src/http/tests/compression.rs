use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderName, IF_NONE_MATCH, VARY,
};
use axum::response::Response;
use serde_json::json;
use tower::ServiceExt as _;

use super::*;

async fn ask(query: &str, headers: &[(&str, &str)]) -> Response {
    let request = Request::post("/graphql").header(CONTENT_TYPE, "application/json").header(ACCEPT_ENCODING, "gzip");
    let mut request = request.body(Body::from(json!({ "query": query }).to_string())).unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    routes(&door(Limits::default())).oneshot(request).await.unwrap()
}

fn is_compressed(response: &Response) -> bool {
    response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip")
}

async fn length(response: Response) -> usize {
    to_bytes(response.into_body(), usize::MAX).await.unwrap().len()
}

#[tokio::test]
async fn long_answers_to_queries_travel_compressed() {
    let long = format!("{{ hello(name: \"{}\") }}", "x".repeat(4_000));
    let answer = ask(&long, &[]).await;
    assert!(is_compressed(&answer) && answer.headers()[VARY] == "accept-encoding", "{:?}", answer.headers());
    assert!(length(answer).await < 1_000);
    let plain = ask(&long, &[("accept-encoding", "identity")]).await;
    assert!(plain.headers().get(CONTENT_ENCODING).is_none());
    assert!(length(plain).await > 4_000);
    assert!(!is_compressed(&ask("{ hello }", &[]).await), "too short to be worth it");
}

#[tokio::test]
async fn what_may_hold_a_secret_and_what_streams_is_sent_as_it_is() {
    let key = "k".repeat(4_000);
    let answer = ask("mutation { key }", &[("idempotency-key", &key)]).await;
    assert!(!is_compressed(&answer));
    assert!(length(answer).await > 4_000);
    let long = format!("{{ hello(name: \"{}\") }}", "x".repeat(4_000));
    let stream = ask(&long, &[(ACCEPT.as_str(), "text/event-stream")]).await;
    assert!(!is_compressed(&stream) && stream.headers()[CONTENT_TYPE] == "text/event-stream");
    assert!(length(stream).await > 4_000);
}

#[tokio::test]
async fn the_schema_keeps_its_tag_compressed_or_not() {
    let get = async |encoding: &str, known: &str| {
        let request = Request::get("/schema.graphql").header(ACCEPT_ENCODING, encoding).header(IF_NONE_MATCH, known);
        let config = Config { mode: crate::config::Mode::Development, ..Config::default() };
        routes(&door_of(config)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let (compressed, plain) = (get("gzip", "").await, get("identity", "").await);
    assert!(is_compressed(&compressed) && !is_compressed(&plain));
    let tag = plain.headers()[ETAG].to_str().unwrap().to_owned();
    assert!(tag.starts_with("W/\"") && compressed.headers()[ETAG] == tag.as_str());
    for known in [tag.as_str(), &format!("\"x\", {tag}"), tag.trim_start_matches("W/"), "*"] {
        let unchanged = get("gzip", known).await;
        assert_eq!((unchanged.status().as_u16(), &unchanged.headers()[ETAG]), (304, &plain.headers()[ETAG]), "{known}");
    }
    assert_eq!(get("gzip", "\"x\"").await.status(), 200);
}
