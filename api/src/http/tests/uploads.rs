use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;

const QUERY: &str = "mutation($files: [Upload!]!) { weigh(files: $files) }";

fn operations(query: &str, variables: &Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

/// Parts by name; a part with a file name is a file.
fn form(parts: &[(&str, Option<&str>, &str)]) -> String {
    let mut body = String::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"\r\nContent-Type: image/png")).unwrap_or_default();
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"));
    }
    body + "--b--\r\n"
}

async fn send(body: impl Into<Body>, preflight: Option<&str>) -> (u16, Value) {
    let mut request = Request::post("/graphql").header(CONTENT_TYPE, "multipart/form-data; boundary=b");
    if let Some(preflight) = preflight {
        request = request.header("GraphQL-Require-Preflight", preflight);
    }
    let request = request.header("accept", "application/graphql-response+json").body(body.into()).unwrap();
    let response = routes(&door(Limits::default())).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn a_file_is_read_as_it_comes() {
    let operations = operations(QUERY, &json!({ "files": [null] }));
    let map = r#"{"0":["variables.files.0"]}"#;
    let head = form(&[("operations", None, &operations), ("map", None, map), ("0", Some("../a.png"), "")]);
    let head = head.trim_end_matches("\r\n--b--\r\n").to_owned() + "\r\n\r\n";
    let head = head.trim_end().to_owned() + "\r\n\r\n";
    let pieces = std::iter::once(head)
        .chain(std::iter::repeat_n("x".repeat(64 * 1024), 64))
        .chain(std::iter::once("\r\n--b--\r\n".to_owned()))
        .map(Ok::<_, std::io::Error>);
    let (status, body) = send(Body::from_stream(futures_util::stream::iter(pieces)), Some("1")).await;
    assert_eq!((status, &body["data"]["weigh"]), (200, &json!(["../a.png image/png 4194304"])), "{body}");
}

#[tokio::test]
async fn without_the_header_that_no_page_may_send_nothing_is_read() {
    let unread = || Body::from_stream(futures_util::stream::pending::<std::io::Result<bytes::Bytes>>());
    for preflight in [None, Some("")] {
        let (status, body) = send(unread(), preflight).await;
        assert_eq!((status, &body["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")));
    }
}

#[tokio::test]
async fn a_file_cannot_be_made_up() {
    let map = r#"{"0":["variables.files.0"]}"#;
    for files in
        [json!([""]), json!(["#__graphql_file__:0"]), json!([[]]), json!([{ "path": "/etc/passwd" }]), json!(7)]
    {
        let asked = operations(QUERY, &json!({ "files": files }));
        let request =
            Request::post("/graphql").header(CONTENT_TYPE, "application/json").body(Body::from(asked.clone()));
        let response = routes(&door(Limits::default())).oneshot(request.unwrap()).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert!(body.get("data").is_none(), "{body}");
        let parts = [("operations", None, asked.as_str()), ("map", None, map), ("0", Some("a"), "x")];
        assert_eq!(send(form(&parts), Some("1")).await.0, 400);
    }
    let written = operations("mutation { weigh(files: [\"x\"]) }", &json!({}));
    let request = Request::post("/graphql").header(CONTENT_TYPE, "application/json").body(Body::from(written)).unwrap();
    let response = routes(&door(Limits::default())).oneshot(request).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("VALIDATION_FAILED"));
}

#[tokio::test]
async fn parts_come_in_order_and_one_file_fills_one_null() {
    let two = operations(QUERY, &json!({ "files": [null, null] }));
    let one = operations(QUERY, &json!({ "files": [null] }));
    let map = r#"{"0":["variables.files.0"]}"#;
    let file = ("0", Some("a"), "x");
    for parts in [
        vec![("map", None, map), ("operations", None, one.as_str()), file],
        vec![("operations", None, one.as_str()), file],
        vec![("operations", None, one.as_str()), ("map", None, map)],
        vec![("operations", None, one.as_str()), ("map", None, map), ("1", Some("a"), "x")],
        vec![
            ("operations", None, two.as_str()),
            ("map", None, r#"{"0":["variables.files.0","variables.files.1"]}"#),
            file,
        ],
        vec![
            ("operations", None, two.as_str()),
            ("map", None, r#"{"0":["variables.files.0"],"1":["variables.files.1"]}"#),
            file,
        ],
        vec![("operations", None, one.as_str()), ("map", None, r#"{"0":["variables.files.7"]}"#), file],
        vec![("operations", None, one.as_str()), ("map", None, r#"{"0":["query"]}"#), file],
        vec![("operations", None, one.as_str()), ("map", None, "[[[[["), file],
        vec![("operations", None, "[]"), ("map", None, map), file],
        vec![],
    ] {
        let (status, body) = send(form(&parts), Some("1")).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (400, &json!("BAD_REQUEST")),
            "{parts:?} {body}"
        );
    }
    let long = format!("{one}{}", " ".repeat(2 * 1024 * 1024));
    let parts = [("operations", None, long.as_str()), ("map", None, map), file];
    assert_eq!(send(form(&parts), Some("1")).await.0, 413);
}
