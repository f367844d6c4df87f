//! How long what a phone is told may be kept, and whether it has it already. What plays holds until an instant that is
//! known, and no longer than some minutes, so that an edit reaches everybody.

use std::sync::Arc;

use axum::http::header::{ACCEPT, CACHE_CONTROL, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::etag;
use crate::domain::playback::read::Playback;

/// Nobody keeps an answer for more seconds than these.
const LONGEST_MAX_AGE: i64 = 300;

/// Who may keep an answer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience {
    /// The visitor's own program.
    Visitor,
    /// Also whoever stands between.
    Everybody,
}

/// An answer that may be kept.
#[derive(Debug)]
pub(super) struct Kept {
    /// Whoever asks has it already, and it still holds.
    pub(super) is_known: bool,
    cache_control: String,
    tag: String,
    vary: &'static str,
}

impl Kept {
    /// An answer that holds until an instant, if there is one. `what` tells it from any other.
    pub(super) fn until(
        audience: Audience,
        vary: &'static str,
        until: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        what: &str,
        headers: &HeaderMap,
    ) -> Self {
        // Whole seconds that are over before the instant.
        let age = until.map_or(LONGEST_MAX_AGE, |until| (until - now).num_seconds()).clamp(0, LONGEST_MAX_AGE);
        let audience = match audience {
            Audience::Visitor => "private",
            Audience::Everybody => "public",
        };
        // Of two answers with one tag only the instant differs.
        let tag = etag::weak(&Sha256::digest(what));
        Self { is_known: etag::is_known(headers, &tag), cache_control: format!("{audience}, max-age={age}"), tag, vary }
    }

    /// The answer to a query for nothing but playbacks; none where one of them plays nothing, since that may change at
    /// any time.
    pub(super) fn of_playbacks(playbacks: &[Arc<Playback>], query: &str, headers: &HeaderMap) -> Option<Self> {
        if !playbacks.iter().all(|playback| playback.available()) {
            return None;
        }
        let now = playbacks.iter().map(|playback| playback.at).min()?;
        let until = playbacks.iter().filter_map(|playback| playback.decision.valid_until).min();
        let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut digests: Vec<String> = playbacks.iter().map(|playback| playback.digest()).collect();
        // They are told in the order in which they were ready.
        digests.sort_unstable();
        let what = format!("{query}\n{accepted}\n{}", digests.join("\n"));
        Some(Self::until(Audience::Everybody, "Accept", until, now, &what, headers))
    }

    /// Says so beside the answer.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let told = [(CACHE_CONTROL, self.cache_control.as_str()), (ETAG, &self.tag), (VARY, self.vary)];
        for (name, value) in told {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
    }

    /// Says so instead of the answer, to whoever has it.
    pub(super) fn not_modified(&self) -> Response {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        self.tell(response.headers_mut());
        response
    }
}
