//! Somebody who asks, through the whole router, and what they are answered.

use std::net::SocketAddr;

use arvlite_api::auth::Viewer;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;

/// What separates the parts of a request with a file.
const BOUNDARY: &str = "----of-the-tests";

/// Somebody who asks.
#[derive(Clone)]
pub struct Client {
    router: Router,
    token: Option<String>,
    pub viewer: Viewer,
}

/// What they are answered.
#[derive(Debug, Clone)]
pub struct Answer(pub Value);

impl Client {
    /// Somebody who shows a token, or none. From the viewer come the address and the program that the request names.
    pub fn new(router: &Router, viewer: Viewer, token: Option<String>) -> Self {
        Self { router: router.clone(), token, viewer }
    }

    /// Asks, and panics if there are errors.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.try_ask(document, variables).await;
        assert!(answer.0.get("errors").is_none(), "{:#}", answer.0);
        answer.0["data"].clone()
    }

    /// Asks. Ids of requests and what it cost are checked and left out of the answer, for no two are alike.
    pub async fn try_ask(&self, document: &str, variables: Value) -> Answer {
        let operation = json!({ "query": document, "variables": variables });
        let request = match document.contains("($file: Upload!)") {
            true => self.request().header("GraphQL-Require-Preflight", "1").header(header::CONTENT_TYPE, multipart()),
            false => self.request().header(header::CONTENT_TYPE, "application/json"),
        };
        let request = request.header(header::ACCEPT, "application/json");
        let body = match document.contains("($file: Upload!)") {
            true => with_photo(&operation),
            false => operation.to_string().into_bytes(),
        };
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert!(response.status().as_u16() < 500, "{} for {document}", response.status());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&bytes).unwrap();
        for error in answer["errors"].as_array_mut().into_iter().flatten() {
            let id = error["extensions"].as_object_mut().and_then(|extensions| extensions.remove("requestId"));
            assert!(id.is_some_and(|id| id.is_string()), "an error without the id of its request");
        }
        if answer["errors"].is_null() {
            answer.as_object_mut().unwrap().remove("errors");
        }
        Answer(without_cost(answer))
    }

    /// The beginning of a request of theirs.
    pub(super) fn request(&self) -> axum::http::request::Builder {
        let mut request = Request::post("/graphql");
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(agent) = &self.viewer.caller.user_agent {
            request = request.header(header::USER_AGENT, agent);
        }
        match &self.viewer.caller.address {
            Some(address) => request.extension(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 4000))),
            None => request,
        }
    }
}

/// An answer without what it cost, which is said wherever something ran.
pub fn without_cost(mut answer: Value) -> Value {
    let extensions = answer.as_object_mut().and_then(|answer| answer.remove("extensions"));
    let told = extensions.unwrap_or_default();
    if answer.get("data").is_some() {
        assert!(told["cost"]["requestedQueryCost"].is_u64() && told["cost"]["actualQueryCost"].is_u64(), "{told}");
        assert!(told["cost"]["throttleStatus"]["currentlyAvailable"].is_u64(), "{told}");
    }
    answer
}

fn multipart() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// An operation with a photo beside it.
fn with_photo(operation: &Value) -> Vec<u8> {
    let mut operation = operation.clone();
    operation["variables"]["file"] = Value::Null;
    let part = |name: &str, more: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n")
    };
    let mut body = format!("{}{operation}\r\n", part("operations", ""));
    body.push_str(&format!("{}{}\r\n", part("map", ""), json!({ "0": ["variables.file"] })));
    body.push_str(&part("0", "; filename=\"lemons.jpg\"\r\nContent-Type: image/jpeg"));
    let mut body = body.into_bytes();
    body.extend_from_slice(include_bytes!("../../api/assets/demo/lemons.jpg"));
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

impl Answer {
    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.0["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
    }
}
