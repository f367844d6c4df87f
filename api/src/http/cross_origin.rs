//! Pages of other hosts: who of them may ask, by what, and what they may read of an answer (CORS).
//!
//! Credentials in a browser's keeping do not exist here: whoever asks shows a token, so that nothing is gained by
//! another page's asking. The list keeps pages from using a token that somebody typed into them by mistake.

use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HeaderName, RETRY_AFTER};
use axum::http::{HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::Door;

const HEADERS: [HeaderName; 6] = [
    AUTHORIZATION,
    CONTENT_TYPE,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("graphql-require-preflight"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("last-event-id"),
];
const READABLE: [HeaderName; 3] = [HeaderName::from_static("x-request-id"), RETRY_AFTER, ETAG];
/// How long a browser remembers what it may do; they have caps of their own, the lowest of two hours.
const REMEMBERED: Duration = Duration::from_secs(2 * 60 * 60);

/// Tells browsers whose pages may ask, if any may.
pub(super) fn open(router: Router, door: &Door) -> Router {
    if !door.app.config.has_origins() {
        return router;
    }
    let app = door.app.clone();
    let allowed = move |origin: &HeaderValue, _: &_| origin.to_str().is_ok_and(|origin| app.config.allows(origin));
    router.layer(
        CorsLayer::new()
            .allow_origin(AllowOrigin::predicate(allowed))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers(HEADERS)
            .expose_headers(READABLE)
            .max_age(REMEMBERED),
    )
}
