//! What an answer is told apart by, and whether whoever asks has it already.

use std::fmt::Write as _;

use axum::http::HeaderMap;
use axum::http::header::IF_NONE_MATCH;

/// Bytes of a digest that tell texts apart.
const BYTES: usize = 16;

/// The tag of a text with this digest. Weak, since the bytes that travel depend on the compression.
pub(super) fn weak(digest: &[u8]) -> String {
    let digits = digest.iter().take(BYTES).fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    format!("W/\"{digits}\"")
}

/// Whether whoever asks has the answer of this tag already: If-None-Match compares weakly (RFC 9110, 13.1.2).
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let strong = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).map(str::trim).any(|known| known == "*" || strong(known) == strong(tag))
}
