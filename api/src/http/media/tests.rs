use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::http::Request;
use axum::routing::any;
use futures_util::stream;
use tower::ServiceExt;

use super::*;
use crate::http::graphql::refused;
use crate::storage::{Terms, UploadKind};

const PHOTO: &[u8] = include_bytes!("../../../assets/demo/harbour.jpg");

/// One stored photo behind a real router.
struct Site {
    folder: PathBuf,
    store: Store,
    object: MediaObject,
    router: Router,
}

impl Site {
    async fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("arvlite-media-{:032x}", rand::random::<u128>()));
        let store = Store::local(&folder).expect("a folder");
        let bytes = stream::iter([Ok::<_, Infallible>(Bytes::from_static(PHOTO))]);
        let terms = Terms { kind: UploadKind::Photo, max_bytes: 1_000_000, declared_type: None };
        let received = store.receive(bytes, terms).await.expect("received");
        let stored = received.keep(1).await.expect("kept");
        let object = MediaObject {
            key: stored.key,
            mime_type: stored.facts.mime_type.to_owned(),
            size_bytes: PHOTO.len() as u64,
            sha256: stored.facts.sha256,
        };
        let shared = Arc::new((store.clone(), object.clone()));
        let router = Router::new().route(
            "/media/photo",
            any(move |method: Method, headers: HeaderMap| async move {
                let answered = respond(&shared.0, &shared.1, &method, &headers).await;
                answered.unwrap_or_else(|refusal| refused(refusal, ""))
            }),
        );
        Self { folder, store, object, router }
    }

    fn etag(&self) -> String {
        format!("\"{}\"", self.object.sha256)
    }

    async fn ask(&self, method: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Bytes) {
        let mut request = Request::builder().method(method).uri("/media/photo");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        (head.status, head.headers, to_bytes(body, usize::MAX).await.expect("a body"))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().expect("text"))
}

#[tokio::test]
async fn the_whole_file_comes_with_careful_headers() {
    let site = Site::new().await;
    let (status, headers, body) = site.ask("GET", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(body == PHOTO);
    let size = PHOTO.len().to_string();
    let etag = site.etag();
    let expected = [
        ("content-type", "image/jpeg"),
        ("content-length", &size),
        ("etag", &etag),
        ("accept-ranges", "bytes"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("content-disposition", "inline"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    for (name, value) in expected {
        assert_eq!(text(&headers, name), value, "{name}");
    }

    let (status, head, body) = site.ask("HEAD", &[("range", "bytes=0-9")]).await;
    assert_eq!((status, body.len()), (StatusCode::OK, 0));
    assert_eq!(head, headers);
    let (status, headers, _) = site.ask("POST", &[]).await;
    assert_eq!((status, text(&headers, "allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
}

#[tokio::test]
async fn ranges_are_cut_as_asked() {
    let site = Site::new().await;
    let size = PHOTO.len();
    let last = size - 1;
    let whole = |range: &str| (range.to_owned(), StatusCode::OK, 0..size);
    let part = |range: String, bytes: Range<usize>| (range, StatusCode::PARTIAL_CONTENT, bytes);
    let outside = |range: String| (range, StatusCode::RANGE_NOT_SATISFIABLE, 0..0);
    let table = [
        part("bytes=0-0".into(), 0..1),
        part("bytes=0-99".into(), 0..100),
        part("bytes=100-".into(), 100..size),
        part("bytes=-100".into(), size - 100..size),
        part(format!("bytes=-{}", size * 2), 0..size),
        part(format!("bytes={last}-"), last..size),
        part(format!("bytes=10-{}", size * 2), 10..size),
        part("bytes=5-99999999999999999999999".into(), 5..size),
        part("Bytes= 7-8".into(), 7..9),
        outside(format!("bytes={size}-")),
        outside("bytes=99999999999999999999999-".into()),
        outside("bytes=-0".into()),
        whole("bytes=9-3"),
        whole("bytes=-"),
        whole("bytes=a-b"),
        whole("bytes=+1-2"),
        whole("bytes=0-1,5-6"),
        whole("lines=0-1"),
        whole("bytes"),
    ];
    for (range, expected, bytes) in table {
        let (status, headers, body) = site.ask("GET", &[("range", &range)]).await;
        assert_eq!(status, expected, "{range}");
        assert!(body == PHOTO[bytes.clone()], "{range}");
        let content_range = match status {
            StatusCode::PARTIAL_CONTENT => {
                format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1)
            }
            StatusCode::RANGE_NOT_SATISFIABLE => format!("bytes */{size}"),
            _ => String::new(),
        };
        assert_eq!(text(&headers, "content-range"), content_range, "{range}");
        assert_eq!(text(&headers, "content-length"), body.len().to_string(), "{range}");
        assert_eq!(text(&headers, "x-content-type-options"), "nosniff", "{range}");
    }
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let site = Site::new().await;
    let etag = site.etag();
    let weak = format!("W/{etag}");
    let among = format!("\"a\", {etag}");
    for known in [etag.as_str(), &weak, &among, "*"] {
        let (status, headers, body) = site.ask("GET", &[("if-none-match", known), ("range", "bytes=0-9")]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(text(&headers, "etag"), etag);
        assert_eq!(text(&headers, "cache-control"), "public, max-age=31536000, immutable");
    }
    let (status, ..) = site.ask("GET", &[("if-none-match", "\"another\"")]).await;
    assert_eq!(status, StatusCode::OK);

    let resumed = site.ask("GET", &[("range", "bytes=0-9"), ("if-range", &etag)]).await;
    assert_eq!(resumed.0, StatusCode::PARTIAL_CONTENT);
    for stale in ["\"another\"", weak.as_str(), "Sat, 21 Nov 2026 10:00:00 GMT"] {
        let (status, _, body) = site.ask("GET", &[("range", "bytes=0-9"), ("if-range", stale)]).await;
        assert_eq!((status, body.len()), (StatusCode::OK, PHOTO.len()), "{stale}");
    }
}

#[tokio::test]
async fn lost_bytes_are_told_and_not_cached() {
    let site = Site::new().await;
    site.store.delete(&site.object.key).await.expect("deleted");
    let (status, headers, body) = site.ask("GET", &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(body.starts_with(b"{\"errors\""), "{body:?}");
    assert_eq!(text(&headers, "cache-control"), "no-store");
}
