//! What holds for every request and answer: an id, headers that guard, and JSON even if a handler panics.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use uuid::Uuid;

use super::Door;
use super::graphql::refused;
use super::refusal::{Code, Refusal};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request, told in its answer, in each of its errors, and in the log.
#[derive(Debug, Clone)]
pub(super) struct RequestId(Arc<str>);

impl RequestId {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The id that came with the request if it looks like one, else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok());
        match sent.filter(|id| is_sane(id)) {
            Some(id) => Self(id.into()),
            None => Self(Uuid::new_v4().to_string().into()),
        }
    }
}

fn is_sane(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=128).contains(&id.len()) && id.bytes().all(plain)
}

/// Wraps every request.
pub(super) async fn guard(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|panic| {
        tracing::error!(request_id = id.as_str(), cause = words_of(&*panic), "a handler panicked");
        refused(Refusal::internal(), id.as_str())
    });
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if door.is_behind_tls {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// Any address that is none of ours.
pub(super) async fn nothing_here(request: Request) -> Response {
    let refusal = Refusal::of_request(StatusCode::NOT_FOUND, Code::NotFound, "there is nothing at this address");
    refused(refusal, id_of(request.extensions()))
}

/// Any address of ours by a method that it does not know. All of these are only read.
pub(super) async fn wrong_method(request: Request) -> Response {
    refused(Refusal::method("GET, HEAD", "this address is only read"), id_of(request.extensions()))
}

/// The id that [`guard`] gave.
pub(super) fn id_of(extensions: &Extensions) -> &str {
    extensions.get::<RequestId>().map(RequestId::as_str).unwrap_or_default()
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_could_spoil_a_log_is_replaced() {
        for (sent, kept) in [("abc-1.2_3", true), ("", false), ("a b", false), ("a\tb", false), ("{}", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, sent.parse().unwrap());
            assert_eq!(RequestId::of(&headers).as_str() == sent, kept, "{sent:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, "x".repeat(129).parse().unwrap());
        assert_eq!(RequestId::of(&headers).as_str().len(), 36);
    }
}
