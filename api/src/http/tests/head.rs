//! HEAD says what GET would, without a body.

use super::serving::{Server, rest_of};
use super::*;
use tokio::io::AsyncWriteExt;

/// Head and body of an answer; without what differs between any two.
async fn ask(server: &Server, method: &str, path: &str) -> (Vec<String>, String) {
    let mut stream = server.connect().await;
    let request = format!("{method} {path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: same\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = rest_of(stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let lines = head.lines().filter(|line| !line.starts_with("date: "));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    (lines, body.to_owned())
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start(Limits::default()).await;
    let id = "0b1f6b1e-7d0a-4c53-9a53-2f1c9b8f6d11";
    for path in [
        "/",
        "/healthz",
        "/graphql",
        "/graphql?query=%7Bhello%7D",
        "/graphql?query=mutation%7Bkey%7D",
        "/graphql?query=subscription%7Bforever%7D",
        "/schema.graphql",
        "/metrics",
        "/ar/no-id",
        "/ar/no-id/qr.png",
        &format!("/ar/{id}/qr.svg"),
        "/media/no-name",
        "/nothing",
    ] {
        let (get, head) = (ask(&server, "GET", path).await, ask(&server, "HEAD", path).await);
        assert_eq!(get.0, head.0, "{path}");
        assert!(!get.1.is_empty() && head.1.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn whatever_is_refused_says_the_id_of_the_request() {
    let server = Server::start(Limits::default()).await;
    for (method, path) in [
        ("GET", "/nothing"),
        ("POST", "/healthz"),
        ("GET", "/ar/no-id/qr.png"),
        ("GET", "/ar/no-id/qr.svg"),
        ("DELETE", "/media/0123"),
        ("GET", "/media/no-name"),
        ("GET", "/graphql"),
        ("GET", "/schema.graphql"),
        ("GET", "/ar/assets/1/none"),
        ("GET", "/graphiql/none"),
    ] {
        let (_, body) = ask(&server, method, path).await;
        assert!(body.contains(r#""requestId":"same""#), "{method} {path}: {body}");
    }
}
