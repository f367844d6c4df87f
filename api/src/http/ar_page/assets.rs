//! The page's style and scripts, kept in the binary and served under a folder named after their content.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    Router,
    extract::{Path, Request},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};

use super::super::edge::nothing_here;
use super::super::etag;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    body: &'static str,
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

static ASSETS: [Asset; 6] = [
    Asset { name: "ar.css", media_type: "text/css; charset=utf-8", body: include_str!("../../../assets/ar/ar.css") },
    Asset { name: "ar.js", media_type: JAVASCRIPT, body: include_str!("../../../assets/ar/ar.js") },
    Asset { name: "graphql.js", media_type: JAVASCRIPT, body: include_str!("../../../assets/ar/graphql.js") },
    Asset { name: "reports.js", media_type: JAVASCRIPT, body: include_str!("../../../assets/ar/reports.js") },
    Asset { name: "view_session.js", media_type: JAVASCRIPT, body: include_str!("../../../assets/ar/view_session.js") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", body: include_str!("../../../assets/ar/icon.svg") },
];

/// Names the content of all assets together, so that one page never mixes two releases.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in &ASSETS {
        hash.update(asset.body);
    }
    hash.finalize().iter().take(8).fold(String::new(), |mut version, byte| {
        // Writing to a string cannot fail.
        let _ = write!(version, "{byte:02x}");
        version
    })
});

/// `GET /ar/assets/{version}/{name}`.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/ar/assets/{version}/{name}", get(asset))
}

async fn asset(Path((version, name)): Path<(String, String)>, request: Request) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return nothing_here(request).await;
    };
    // A page of another release still gets its style and script, but keeps them no longer than it lives.
    let cache = if version == *VERSION { "public, max-age=31536000, immutable" } else { "no-cache" };
    // Weak, since the bytes that travel depend on the compression.
    let tag = format!("W/\"{}\"", *VERSION);
    let known = etag::is_known(request.headers(), &tag);
    let headers = [
        (header::ETAG, tag.as_str()),
        (header::CACHE_CONTROL, cache),
        (header::CONTENT_TYPE, asset.media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if known { (StatusCode::NOT_MODIFIED, headers).into_response() } else { (headers, asset.body).into_response() }
}
