use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

pub(super) const NEWER: &str = "application/graphql-response+json";
pub(super) const JSON: &str = "application/json";

pub(super) struct Answered {
    pub(super) status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Value,
}

impl Answered {
    pub(super) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
    }

    pub(super) fn header(&self, name: impl axum::http::header::AsHeaderName) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

async fn send(request: Request<Body>) -> Answered {
    send_to(door(Limits::default()), request).await
}

pub(super) async fn send_to(door: Door, request: Request<Body>) -> Answered {
    let response = routes(&door).oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answered { status: head.status, headers: head.headers, body }
}

fn post(accept: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post("/graphql").header(CONTENT_TYPE, JSON).header(ACCEPT, accept).body(body.into()).unwrap()
}

pub(super) fn ask(accept: &str, query: &str) -> Request<Body> {
    post(accept, json!({ "query": query }).to_string())
}

#[tokio::test]
async fn an_answer_has_the_wanted_type_an_id_and_headers_that_guard() {
    for (accept, type_told) in [(NEWER, NEWER), (JSON, JSON), ("*/*", JSON)] {
        let answered = send(ask(accept, "{ hello(name: \"я\") }")).await;
        assert_eq!(answered.status, StatusCode::OK);
        assert_eq!(answered.body["data"], json!({ "hello": "hello я" }));
        assert_eq!(answered.header(CONTENT_TYPE), format!("{type_told}; charset=utf-8"));
        assert_eq!(answered.header(CACHE_CONTROL), "no-store");
        assert_eq!(answered.header("x-content-type-options"), "nosniff");
        assert_eq!(answered.header("x-frame-options"), "DENY");
        assert!(answered.header("strict-transport-security").starts_with("max-age"));
        assert_eq!(answered.header("x-request-id").len(), 36);
    }
}

#[tokio::test]
async fn the_request_id_is_the_callers_in_header_errors_and_resolvers() {
    let mut request = ask(JSON, "{ requestId nothing }");
    request.headers_mut().insert("x-request-id", "mine-1".parse().unwrap());
    let answered = send(request).await;
    assert_eq!(answered.header("x-request-id"), "mine-1");
    assert_eq!(answered.body["errors"][0]["extensions"]["requestId"], "mine-1");
    let mut request = ask(JSON, "{ requestId }");
    request.headers_mut().insert("x-request-id", "mine-2".parse().unwrap());
    assert_eq!(send(request).await.body["data"]["requestId"], "mine-2");
}

#[tokio::test]
async fn the_status_tells_what_never_ran_to_those_who_take_the_newer_type() {
    for (query, code, status) in [
        ("{", "VALIDATION_FAILED", 400),
        ("{ nothing }", "VALIDATION_FAILED", 400),
        ("query($id: ID!) { hello }", "VALIDATION_FAILED", 400),
        ("{ hello(nothing: 1) }", "VALIDATION_FAILED", 400),
        ("{ __schema { types { name } } }", "UNAUTHENTICATED", 401),
        ("subscription { forever }", "BAD_REQUEST", 400),
    ] {
        let newer = send(ask(NEWER, query)).await;
        assert_eq!((newer.code(), newer.status.as_u16()), (code, status), "{query}");
        assert!(newer.body.get("data").is_none(), "{query}");
        let json = send(ask(JSON, query)).await;
        assert_eq!((json.code(), json.status.as_u16()), (code, 200), "{query}");
        assert!(json.body.get("data").is_none(), "{query}");
    }
}

#[tokio::test]
async fn what_fails_while_it_runs_is_masked_and_keeps_the_rest() {
    let answered = send(ask(NEWER, "{ hello broken { byDatabase byPrinting } }")).await;
    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.body["data"]["hello"], "hello ");
    let text = answered.body.to_string();
    assert!(!text.contains("password") && !text.contains("secret"), "{text}");
    let codes: Vec<&str> = answered.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["extensions"]["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["UNAVAILABLE", "INTERNAL"]);
}

#[tokio::test]
async fn a_panic_is_an_answer_without_its_words() {
    let answered = send(ask(JSON, "{ panics }")).await;
    assert_eq!(answered.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answered.code(), "INTERNAL");
    assert_eq!(answered.body["errors"][0]["extensions"]["requestId"], answered.header("x-request-id"));
    assert!(!answered.body.to_string().contains("secret"));
}

#[tokio::test]
async fn time_runs_out() {
    let answered = send_to(door(hasty()), ask(JSON, "{ endless }")).await;
    assert_eq!((answered.code(), answered.status.as_u16()), ("TIMEOUT", 503));
    let never_sent = Body::from_stream(futures_util::stream::pending::<std::io::Result<bytes::Bytes>>());
    let answered = send_to(door(hasty()), post(JSON, never_sent)).await;
    assert_eq!((answered.code(), answered.status.as_u16()), ("TIMEOUT", 503));
}

#[tokio::test]
async fn what_is_no_well_formed_request_is_told_so_under_every_type() {
    for accept in [NEWER, JSON] {
        for body in [
            "{ \"not a JSON",
            "",
            "[]",
            "[{\"query\":\"{ hello }\"}]",
            "{}",
            r#"{"query":1}"#,
            r#"{"qeury":"{ hello }"}"#,
        ] {
            let answered = send(post(accept, body)).await;
            assert_eq!((answered.code(), answered.status.as_u16()), ("BAD_REQUEST", 400), "{body}");
        }
        let deep = format!("{{\"query\":\"{{ hello }}\",\"variables\":{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(send(post(accept, deep)).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(send(post(accept, &b"{\"query\":\"\xff\"}"[..])).await.status, StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_long_body_is_refused_whether_its_length_is_told_or_not() {
    let limits = || Limits { body_bytes: 1_000, ..Limits::default() };
    let long = json!({ "query": format!("{{ hello }} #{}", "x".repeat(1_000)) }).to_string();
    let mut told = post(JSON, long.clone());
    told.headers_mut().insert("content-length", long.len().to_string().parse().unwrap());
    let pieces: Vec<std::io::Result<String>> =
        long.as_bytes().chunks(100).map(|piece| Ok(String::from_utf8_lossy(piece).into_owned())).collect();
    let streamed = post(JSON, Body::from_stream(futures_util::stream::iter(pieces)));
    for request in [told, streamed] {
        let answered = send_to(door(limits()), request).await;
        assert_eq!((answered.code(), answered.status.as_u16()), ("BAD_REQUEST", 413));
    }
}

#[tokio::test]
async fn media_types_are_agreed_on_first() {
    let of_type = |content_type: Option<&str>, accept: &str| {
        let mut request = ask(accept, "{ hello }");
        request.headers_mut().remove(CONTENT_TYPE);
        if let Some(content_type) = content_type {
            request.headers_mut().insert(CONTENT_TYPE, content_type.parse().unwrap());
        }
        request
    };
    assert_eq!(send(of_type(Some("application/json; charset=utf-8"), JSON)).await.status, StatusCode::OK);
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/json; charset=latin1")]
    {
        let answered = send(of_type(content_type, JSON)).await;
        assert_eq!((answered.code(), answered.status.as_u16()), ("BAD_REQUEST", 415));
    }
    let answered = send(of_type(Some(JSON), "text/html")).await;
    assert_eq!((answered.code(), answered.status.as_u16()), ("BAD_REQUEST", 406));
}

#[tokio::test]
async fn get_is_for_queries() {
    let get =
        |query: &str| Request::get(format!("/graphql?{query}")).header(ACCEPT, NEWER).body(Body::empty()).unwrap();
    let answered = send(get("query=query($a:String)%7Bhello(name:$a)%7D&variables=%7B%22a%22:%22x%22%7D")).await;
    assert_eq!(answered.body["data"], json!({ "hello": "hello x" }));
    for query in ["query=mutation%7Bkey%7D", "query=query+A%7Bhello%7D+mutation+B%7Bkey%7D&operationName=B"] {
        let answered = send(get(query)).await;
        assert_eq!((answered.status.as_u16(), answered.header(ALLOW)), (405, "POST"));
    }
    assert_eq!(send(get("")).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(send(get("query=%7Bhello%7D&variables=1")).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn other_methods_and_addresses_are_refused_in_json() {
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH] {
        let request = Request::builder().method(method).uri("/graphql").body(Body::empty()).unwrap();
        let answered = send(request).await;
        assert_eq!(
            (answered.status.as_u16(), answered.header(ALLOW), answered.code()),
            (405, "GET, POST", "BAD_REQUEST")
        );
    }
    let answered = send(Request::post("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.code()), (405, "BAD_REQUEST"));
    assert!(answered.header(ALLOW).contains("GET"));
    let answered = send(Request::get("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!((answered.status.as_u16(), answered.code()), (404, "NOT_FOUND"));
    assert_eq!(answered.body["errors"][0]["extensions"]["requestId"], answered.header("x-request-id"));
}

#[tokio::test]
async fn bad_credentials_are_refused_before_the_body_is_read() {
    for shown in ["Bearer x", "Basic eDp4", "", "\u{7f}"] {
        let never_sent = Body::from_stream(futures_util::stream::pending::<std::io::Result<bytes::Bytes>>());
        let mut request = post(JSON, never_sent);
        request.headers_mut().insert(
            AUTHORIZATION,
            axum::http::HeaderValue::from_bytes(shown.as_bytes()).unwrap_or_else(|_| "x".parse().unwrap()),
        );
        let answered = send(request).await;
        assert_eq!((answered.code(), answered.status.as_u16()), ("UNAUTHENTICATED", 401));
        assert_eq!(answered.header(WWW_AUTHENTICATE), "Bearer");
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_503_and_not_live() {
    let mut request = ask(JSON, "{ hello }");
    let (token, _) = crate::auth::token::new_sign_in();
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let answered = send(request).await;
    assert_eq!((answered.code(), answered.status.as_u16()), ("UNAVAILABLE", 503));
    let healthy = send(Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!(healthy.status, StatusCode::OK);
    let ready = send(Request::get("/readyz").body(Body::empty()).unwrap()).await;
    assert_eq!((ready.code(), ready.status.as_u16()), ("UNAVAILABLE", 503));
}

#[tokio::test]
async fn the_key_of_a_repeated_write_reaches_the_resolver() {
    let with_key = |query: &str| {
        let mut request = ask(NEWER, query);
        request.headers_mut().insert("idempotency-key", "k-1".parse().unwrap());
        request
    };
    assert_eq!(send(with_key("mutation { key }")).await.body["data"]["key"], "k-1");
    assert_eq!(send(with_key("mutation { a: key b: key }")).await.status, StatusCode::BAD_REQUEST);
}
