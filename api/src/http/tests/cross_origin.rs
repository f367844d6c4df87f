//! Pages of other hosts.

use axum::body::Body;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, AsHeaderName, VARY,
};
use axum::http::{Request, Response};
use tower::ServiceExt as _;

use super::*;

const OURS: &str = "https://app.example";

/// A configuration in which one other host may ask.
pub(super) fn open_to_ours() -> Config {
    let named = [("ARVLITE_CORS_ORIGINS".to_owned(), OURS.to_owned())];
    Config::read(named.into(), None).unwrap()
}

async fn send(config: Config, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    routes(&door_of(config)).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

fn told(response: &Response<Body>, name: impl AsHeaderName) -> String {
    let values: Vec<&str> = response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    values.join(",").to_lowercase()
}

#[tokio::test]
async fn a_configured_page_may_ask_by_what_it_needs_and_without_credentials() {
    let wanted = [
        ("origin", OURS),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization, content-type"),
    ];
    let preflight = send(open_to_ours(), "OPTIONS", "/graphql", &wanted).await;
    assert!(preflight.status().is_success());
    assert_eq!(told(&preflight, ACCESS_CONTROL_ALLOW_ORIGIN), OURS);
    assert_eq!(told(&preflight, ACCESS_CONTROL_ALLOW_METHODS), "get,post");
    let headers = told(&preflight, ACCESS_CONTROL_ALLOW_HEADERS);
    for header in [
        "authorization",
        "content-type",
        "idempotency-key",
        "graphql-require-preflight",
        "x-request-id",
        "last-event-id",
    ] {
        assert!(headers.contains(header), "{headers}");
    }
    assert_eq!(told(&preflight, ACCESS_CONTROL_MAX_AGE), "7200");
    assert_eq!(told(&preflight, ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
    for path in ["/graphql?query=%7Bhello%7D", "/graphql", "/media/none", "/ar/none", "/healthz", "/nowhere"] {
        let answer = send(open_to_ours(), "GET", path, &[("origin", OURS)]).await;
        assert_eq!(told(&answer, ACCESS_CONTROL_ALLOW_ORIGIN), OURS, "{path}");
        assert_eq!(told(&answer, ACCESS_CONTROL_EXPOSE_HEADERS), "x-request-id,retry-after,etag", "{path}");
        assert!(told(&answer, VARY).contains("origin"), "{path}");
        assert_eq!(told(&answer, ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
    }
}

#[tokio::test]
async fn other_pages_are_told_nothing() {
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
        for method in ["GET", "OPTIONS"] {
            let headers = [("origin", origin), ("access-control-request-method", "POST")];
            let answer = send(open_to_ours(), method, "/graphql?query=%7Bhello%7D", &headers).await;
            assert_eq!(told(&answer, ACCESS_CONTROL_ALLOW_ORIGIN), "", "{origin}");
        }
    }
}

#[tokio::test]
async fn unless_it_is_configured_production_knows_no_other_pages() {
    for origin in [OURS, "http://localhost:5173"] {
        let answer = send(Config::default(), "GET", "/graphql?query=%7Bhello%7D", &[("origin", origin)]).await;
        assert_eq!((answer.status().as_u16(), told(&answer, ACCESS_CONTROL_ALLOW_ORIGIN)), (200, String::new()));
        let preflight = send(Config::default(), "OPTIONS", "/graphql", &[("origin", origin)]).await;
        assert_eq!(preflight.status(), 405);
    }
    let development = Config { mode: crate::config::Mode::Development, ..Config::default() };
    let answer = send(development, "GET", "/healthz", &[("origin", "http://localhost:5173")]).await;
    assert_eq!(told(&answer, ACCESS_CONTROL_ALLOW_ORIGIN), "http://localhost:5173");
}
