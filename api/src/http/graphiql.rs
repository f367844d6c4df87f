//! The page at `/`: GraphiQL, built from `api/graphiql` and kept in the binary, so that it works with no network.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;

use super::edge::nothing_here;
use super::etag;

#[derive(RustEmbed)]
#[folder = "assets/graphiql"]
struct Page;

const INDEX: &str = "index.html";

/// Scripts come only from here. Monaco, the editor, sets inline styles; `ws:` and `wss:` are for browsers to which a
/// WebSocket of the same host is not `'self'`.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// Serves the page and its parts.
pub fn router<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/", get(index))
        .route("/graphiql/{*path}", get(part))
        .layer(map_response(guarded))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
}

async fn index(request: Request) -> Response {
    match Page::get(INDEX) {
        Some(page) => ([(CACHE_CONTROL, "no-store")], content(page)).into_response(),
        None => nothing_here(request).await,
    }
}

async fn part(Path(path): Path<String>, request: Request) -> Response {
    let Some(file) = Page::get(&path).filter(|_| path != INDEX) else { return nothing_here(request).await };
    let tag = etag::weak(&file.metadata.sha256_hash());
    let known = etag::is_known(request.headers(), &tag);
    let caching = [(CACHE_CONTROL, lifetime(&path).to_owned()), (ETAG, tag)];
    if known { (StatusCode::NOT_MODIFIED, caching).into_response() } else { (caching, content(file)).into_response() }
}

fn content(file: EmbeddedFile) -> impl IntoResponse {
    let kind = match file.metadata.mimetype() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    ([(CONTENT_TYPE, kind)], file.data)
}

/// All names carry a hash of their content, apart from the licenses of what was bundled.
fn lifetime(path: &str) -> &'static str {
    if path == "licenses.md" { "no-cache" } else { "public, max-age=31536000, immutable" }
}

async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, IF_NONE_MATCH};
    use tower::ServiceExt;

    async fn fetch(path: &str, headers: &[(axum::http::HeaderName, &str)]) -> Response {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        router::<()>().oneshot(request).await.unwrap()
    }

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// The values of `src` and `href` in the page.
    fn references(page: &str) -> Vec<&str> {
        let after = |name| page.split(name).skip(1);
        after("src=\"").chain(after("href=\"")).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[tokio::test]
    async fn the_page_is_html_under_a_strict_policy() {
        let response = fetch("/", &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        let headers = response.headers().clone();
        assert_eq!(headers[CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[CONTENT_SECURITY_POLICY], CONTENT_POLICY);
        let page = text(response).await;
        assert!(page.contains("<title>ARVlite</title>"));
        assert!(!page.contains("<script>"), "the policy forbids inline scripts");
    }

    #[tokio::test]
    async fn everything_the_page_needs_is_served_from_here() {
        let page = text(fetch("/", &[]).await).await;
        let references = references(&page);
        assert!(references.len() >= 3, "{references:?}");
        for reference in references {
            assert!(reference.starts_with("/graphiql/"), "{reference}");
            let status = fetch(reference, &[]).await.status();
            assert_eq!(status, StatusCode::OK, "{reference}");
        }
        for path in Page::iter().filter(|path| path != INDEX) {
            let response = fetch(&format!("/graphiql/{path}"), &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            if path.ends_with(".js") {
                let kind = &response.headers()[CONTENT_TYPE];
                assert_eq!(kind, "text/javascript; charset=utf-8", "{path}");
            }
        }
    }

    #[tokio::test]
    async fn a_part_is_kept_for_good_and_known_again() {
        let page = text(fetch("/", &[]).await).await;
        let script = references(&page)[0];
        let first = fetch(script, &[(ACCEPT_ENCODING, "gzip")]).await;
        assert_eq!(first.headers()[CONTENT_ENCODING], "gzip");
        assert!(first.headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let tag = first.headers()[ETAG].to_str().unwrap();
        let again = fetch(script, &[(IF_NONE_MATCH, tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = fetch(script, &[(IF_NONE_MATCH, "\"other\"")]).await;
        assert_eq!(changed.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_found() {
        for path in ["/graphiql/nothing.js", "/graphiql/index.html", "/graphiql/..%2f..%2fCargo.toml"] {
            assert_eq!(fetch(path, &[]).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
