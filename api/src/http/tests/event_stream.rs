//! Event streams over real connections.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::serving::{Server, request, rest_of};
use super::*;

const EVENTS: &str = "Accept: text/event-stream\r\n";

/// Reads until these words have come, and gives all that came until then.
async fn until(stream: &mut TcpStream, words: &str) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if text.contains(words) {
            return text.into_owned();
        }
        let more = stream.read_buf(&mut read).await.unwrap();
        assert!(more > 0, "it ended without {words}: {}", String::from_utf8_lossy(&read));
    }
}

/// The events of a stream that has ended: names, and data without what it cost.
fn events(answer: &str) -> Vec<(String, Value)> {
    let blocks = answer.split("\n\n").filter_map(|block| block.split_once("event: "));
    let event = |(_, event): (&str, &str)| {
        let (name, data) = event.split_once("\ndata:").unwrap();
        (name.to_owned(), serde_json::from_str(data).unwrap_or_default())
    };
    let without_cost = |(name, mut data): (String, Value)| {
        if let Some(answer) = data.as_object_mut() {
            answer.remove("extensions");
        }
        (name, data)
    };
    blocks.map(event).map(without_cost).collect()
}

async fn ask(server: &Server, query: &str) -> String {
    let mut stream = server.connect().await;
    stream.write_all(&request(query, &format!("{EVENTS}Connection: close\r\n"))).await.unwrap();
    rest_of(stream).await
}

async fn send(server: &Server, head: &str) -> String {
    let mut stream = server.connect().await;
    stream.write_all(format!("{head}\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    rest_of(stream).await
}

async fn following(server: &Server, query: &str) -> TcpStream {
    let mut stream = server.connect().await;
    stream.write_all(&request(query, EVENTS)).await.unwrap();
    stream
}

fn complete() -> (String, Value) {
    ("complete".to_owned(), Value::Null)
}

#[tokio::test]
async fn operations_of_every_kind_are_told_by_events() {
    let server = Server::start(Limits::default()).await;
    for (query, told) in [
        ("{ hello }", vec![json!({ "hello": "hello " })]),
        ("mutation { key }", vec![json!({ "key": null })]),
        ("subscription { count(to: 2) }", vec![json!({ "count": 1 }), json!({ "count": 2 })]),
    ] {
        let answer = ask(&server, query).await;
        for header in
            ["content-type: text/event-stream\r\n", "cache-control: no-store\r\n", "x-accel-buffering: no\r\n"]
        {
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(header), "{answer}");
        }
        assert!(answer.contains("retry: "), "{answer}");
        let mut expected: Vec<_> = told.iter().map(|data| ("next".to_owned(), json!({ "data": data }))).collect();
        expected.push(complete());
        assert_eq!(events(&answer), expected, "{query}");
    }
    let by_get = "Accept: text/event-stream";
    let answer = send(&server, &format!("GET /graphql?query=subscription%7Bcount(to:1)%7D HTTP/1.1\r\n{by_get}")).await;
    assert_eq!(events(&answer), [("next".to_owned(), json!({ "data": { "count": 1 } })), complete()]);
    let answer = send(&server, &format!("GET /graphql?query=mutation%7Bkey%7D HTTP/1.1\r\n{by_get}")).await;
    assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("allow: POST\r\n"), "{answer}");
    let answer = send(&server, &format!("HEAD /graphql?query=%7Bhello%7D HTTP/1.1\r\n{by_get}")).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_refused_document_is_told_by_events_and_a_refused_request_by_its_status() {
    let (server, hasty) = (Server::start(Limits::default()).await, Server::start(hasty()).await);
    for (query, code) in [
        ("{", "VALIDATION_FAILED"),
        ("{ nothing }", "VALIDATION_FAILED"),
        ("subscription { nothing }", "VALIDATION_FAILED"),
        ("subscription { forever count(to: 1) }", "VALIDATION_FAILED"),
        ("{ __schema { types { name } } }", "UNAUTHENTICATED"),
        ("subscription { panics }", "INTERNAL"),
        ("{ panics }", "INTERNAL"),
        ("{ endless }", "TIMEOUT"),
    ] {
        let server = if query == "{ endless }" { &hasty } else { &server };
        let answer = ask(server, query).await;
        assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("secret"), "{answer}");
        let told = events(&answer);
        assert_eq!((told.len(), &told[1]), (2, &complete()), "{answer}");
        let (name, data) = &told[0];
        assert_eq!((name.as_str(), &data["errors"][0]["extensions"]["code"]), ("next", &json!(code)), "{answer}");
        assert!(data["errors"][0]["extensions"]["requestId"].is_string() && data.get("data").is_none());
    }
    let answer = ask(&server, "subscription { refuses }").await;
    assert_eq!(events(&answer)[0].1["data"], Value::Null);
    assert_eq!(events(&answer)[0].1["errors"][0]["extensions"]["code"], "FORBIDDEN");
    for (head, status) in [
        ("GET /graphql HTTP/1.1\r\nAccept: text/event-stream", "400"),
        ("GET /graphql?query=%7Bhello%7D HTTP/1.1\r\nAccept: text/event-stream\r\nAuthorization: Bearer x", "401"),
        ("POST /graphql HTTP/1.1\r\nAccept: text/event-stream\r\nContent-Type: text/plain", "415"),
        ("GET /graphql?query=%7Bhello%7D HTTP/1.1\r\nAccept: text/css", "406"),
    ] {
        let answer = send(&server, head).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains("content-type: application/json") && answer.contains("requestId"), "{answer}");
    }
}

#[tokio::test]
async fn whoever_reads_both_gets_events_of_subscriptions_alone() {
    let server = Server::start(Limits::default()).await;
    let both = "Accept: application/graphql-response+json, text/event-stream\r\nConnection: close\r\n";
    for (query, media_type) in [
        ("{ hello }", "application/graphql-response+json"),
        ("{", "application/graphql-response+json"),
        ("subscription { count(to: 1) }", "text/event-stream"),
    ] {
        let mut stream = server.connect().await;
        stream.write_all(&request(query, both)).await.unwrap();
        let answer = rest_of(stream).await;
        assert!(answer.contains(&format!("content-type: {media_type}")), "{answer}");
    }
    let mut stream = server.connect().await;
    stream.write_all(&request("subscription { forever }", "Connection: close\r\n")).await.unwrap();
    let answer = rest_of(stream).await;
    assert!(answer.contains("BAD_REQUEST") && answer.contains("text/event-stream"), "{answer}");
}

#[tokio::test]
async fn silence_is_broken_by_comments() {
    let server = Server::start(Limits { socket_ping_ms: 20, ..Limits::default() }).await;
    let mut stream = following(&server, "subscription { forever }").await;
    until(&mut stream, ":\n\n").await;
    until(&mut stream, ":\n\n").await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_without_completing_them() {
    let server = Server::start(Limits::default()).await;
    let mut stream = following(&server, "subscription { forever }").await;
    until(&mut stream, "retry: ").await;
    server.stop.cancel();
    let rest = rest_of(stream).await;
    assert!(rest.ends_with("0\r\n\r\n") && !rest.contains("complete"), "{rest}");
    server.ended().await;
}

#[tokio::test]
async fn streams_are_capped_and_a_client_that_leaves_makes_room() {
    let server = Server::start(Limits { streams: 1, ..Limits::default() }).await;
    let mut first = following(&server, "subscription { forever }").await;
    until(&mut first, "retry: ").await;
    let refused = ask(&server, "{ hello }").await;
    assert!(refused.starts_with("HTTP/1.1 503") && refused.contains("retry-after: 1\r\n"), "{refused}");
    drop(first);
    while server.door.streams.available_permits() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(ask(&server, "{ hello }").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whoever_never_reads_is_hung_up_on() {
    let server = Server::start(Limits { stall_ms: 100, ..Limits::default() }).await;
    let stalled = following(&server, "subscription { flood(bytes: 50000) }").await;
    while server.door.streams.available_permits() == Limits::default().streams {
        tokio::task::yield_now().await;
    }
    // Both the stream and its connection, which holds what was not read.
    while server.door.streams.available_permits() < Limits::default().streams || !server.door.open.is_empty() {
        tokio::task::yield_now().await;
    }
    let rest = rest_of(stalled).await;
    assert!(!rest.ends_with("0\r\n\r\n"), "it was cut");
}
