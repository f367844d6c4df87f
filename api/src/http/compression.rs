//! Which answers travel compressed: texts that are long enough and hold no secret.
//!
//! Where a secret stands beside text that an attacker chose, the length of the compressed answer tells the secret
//! (BREACH). Tokens and keys are told by mutations alone, so that no answer to a mutation is compressed. Nor are streams,
//! whose events must not wait for each other, and media, which are compressed by nature.

use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, NotForContentType, Predicate, SizeAbove};

/// Below this a packet is a packet.
const WORTH_IT: u64 = 1_024;

/// Marks an answer in which nothing is secret.
#[derive(Debug, Clone, Copy)]
pub(super) struct Compressible;

type OfMarked = fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool;
type LongText = And<SizeAbove, NotForContentType>;

/// For addresses whose every answer is a text without secrets.
pub(super) fn of_all() -> CompressionLayer<LongText> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(long_text())
}

/// For addresses whose answers may have secrets: compresses those that are marked.
pub(super) fn of_marked() -> CompressionLayer<And<LongText, OfMarked>> {
    let marked: OfMarked = |_, _, _, extensions| extensions.get::<Compressible>().is_some();
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(long_text().and(marked))
}

fn long_text() -> LongText {
    SizeAbove::new(WORTH_IT).and(NotForContentType::SSE)
}
