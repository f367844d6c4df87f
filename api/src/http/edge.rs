//! What holds for every request and answer: an id, headers that guard, and JSON even if a handler panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{Extensions, HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use super::Door;
use super::graphql::refused;
use super::refusal::Refusal;

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
    let (since, id) = (Instant::now(), RequestId::of(request.headers()));
    let route = request.extensions().get::<MatchedPath>().cloned();
    request.extensions_mut().insert(id.clone());
    let answered = AssertUnwindSafe(next.run(request).instrument(span(id.as_str()))).catch_unwind().await;
    // What a panic says may quote what somebody sent; where it happened is in the log.
    let mut response = answered.unwrap_or_else(|_| {
        door.app.metrics.panics.inc();
        refused(Refusal::internal(), id.as_str())
    });
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    door.app.metrics.answered(route, response.status().as_u16(), since.elapsed());
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
    refused(Refusal::nothing_here(), id_of(request.extensions()))
}

/// Any address of ours by a method that it does not know. All of these are only read.
pub(super) async fn wrong_method(request: Request) -> Response {
    refused(Refusal::method("GET, HEAD", "this address is only read"), id_of(request.extensions()))
}

/// The id that [`guard`] gave.
pub(super) fn id_of(extensions: &Extensions) -> &str {
    extensions.get::<RequestId>().map(RequestId::as_str).unwrap_or_default()
}

/// Puts the id into every line that the log has of a request. Of the highest level, for no filter may leave it out.
pub(super) fn span(request_id: &str) -> tracing::Span {
    tracing::error_span!("request", request_id)
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
