//! Stored media over HTTP: ranges, validators, and headers that keep a stranger's file from acting as a page.
//!
//! Whether the name exists is the caller's question; here the object is known and only told.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::etag;
use super::refusal::Refusal;
use crate::storage::{StorageError, Store};

/// What must be known of an object to serve it.
#[derive(Debug, Clone)]
pub struct MediaObject {
    /// Where its bytes are.
    pub key: String,
    /// Its type by content.
    pub mime_type: String,
    /// Its length.
    pub size_bytes: u64,
    /// The SHA-256 of its bytes in hex: the validator.
    pub sha256: String,
}

/// The bytes under a name never change, so whoever has them need not ask again.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// A file opened by itself can run nothing and load nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Answers GET and HEAD for one object; other methods are refused.
pub(super) async fn respond(
    store: &Store,
    object: &MediaObject,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    if method != Method::GET && method != Method::HEAD {
        return Err(Refusal::method("GET, HEAD", "this address is only read"));
    }
    let tag = format!("\"{}\"", object.sha256);
    let mut response = if etag::is_known(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if method == Method::HEAD {
        // A range is defined for GET alone.
        whole(object, Body::empty())
    } else {
        get(store, object, headers, &tag).await.map_err(|error| failure(&error))?
    };
    describe(&mut response, &tag);
    Ok(response)
}

async fn get(store: &Store, object: &MediaObject, headers: &HeaderMap, etag: &str) -> Result<Response, StorageError> {
    Ok(match requested_range(headers, etag, object.size_bytes) {
        Requested::Whole => {
            let bytes = store.read(&object.key, None).await?;
            whole(object, Body::from_stream(bytes))
        }
        Requested::Part(range) => {
            let bytes = store.read(&object.key, Some(range.clone())).await?;
            part(object, &range, Body::from_stream(bytes))
        }
        Requested::Nothing => {
            let size = format!("bytes */{}", object.size_bytes);
            (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, size)]).into_response()
        }
    })
}

fn whole(object: &MediaObject, body: Body) -> Response {
    let headers =
        [(header::CONTENT_TYPE, object.mime_type.clone()), (header::CONTENT_LENGTH, object.size_bytes.to_string())];
    (headers, body).into_response()
}

fn part(object: &MediaObject, range: &Range<u64>, body: Body) -> Response {
    let (first, last) = (range.start, range.end - 1);
    let headers = [
        (header::CONTENT_TYPE, object.mime_type.clone()),
        (header::CONTENT_LENGTH, (range.end - range.start).to_string()),
        (header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", object.size_bytes)),
    ];
    (StatusCode::PARTIAL_CONTENT, headers, body).into_response()
}

fn describe(response: &mut Response, etag: &str) {
    let refused = response.status() == StatusCode::RANGE_NOT_SATISFIABLE;
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    let caching = if refused { HeaderValue::from_static("no-store") } else { FOR_EVER };
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
}

fn failure(error: &StorageError) -> Refusal {
    tracing::error!(error = error as &dyn std::error::Error, "stored media cannot be read");
    match error {
        StorageError::Missing(_) => Refusal::not_found("what was kept under this name is gone"),
        _ => Refusal::unavailable(),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Requested {
    Whole,
    Part(Range<u64>),
    /// A range that lies outside.
    Nothing,
}

/// Anything but one well-formed range of bytes is ignored, as RFC 9110 allows, and so is one with a stale If-Range.
fn requested_range(headers: &HeaderMap, etag: &str, size: u64) -> Requested {
    let current = headers.get(header::IF_RANGE).is_none_or(|tag| tag.as_bytes() == etag.as_bytes());
    let mut ranges = headers.get_all(header::RANGE).iter();
    match (ranges.next(), ranges.next()) {
        (Some(range), None) if current => {
            range.to_str().ok().and_then(|range| parse_range(range, size)).unwrap_or(Requested::Whole)
        }
        _ => Requested::Whole,
    }
}

fn parse_range(range: &str, size: u64) -> Option<Requested> {
    let (unit, spec) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = spec.trim().split_once('-')?;
    let (start, end) = match (position(first)?, position(last)?) {
        (None, None) => return None,
        (None, Some(length)) => (size.saturating_sub(length), size),
        (Some(start), None) => (start, size),
        (Some(start), Some(last)) if last < start => return None,
        (Some(start), Some(last)) => (start, last.saturating_add(1).min(size)),
    };
    Some(if start < end { Requested::Part(start..end) } else { Requested::Nothing })
}

/// `Some(None)` for an absent number, `None` for what is no number; one too large to count is simply very large.
fn position(digits: &str) -> Option<Option<u64>> {
    if digits.is_empty() {
        return Some(None);
    }
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| Some(digits.parse().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests;
