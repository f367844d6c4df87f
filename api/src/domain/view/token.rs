//! The signed token of a view: whoever has it may report on that view and no other.

use arvlite_db::models::ViewSession;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::secret::{Purpose, SecretKey};

const VERSION: u8 = 1;
/// Version, session id, content and instant.
const SIGNED_LENGTH: usize = 1 + 16 + 8 + 8;
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// What a token says. It says nothing that was not stored at the start, so that a start that is repeated gives the same
/// token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewToken {
    /// The phone's own id of the view.
    pub session_id: Uuid,
    /// The order that is viewed.
    pub ar_content_id: i64,
    /// When the view began.
    pub started_at: DateTime<Utc>,
}

impl ViewToken {
    /// The token of a view.
    #[must_use]
    pub fn of(view: &ViewSession) -> Self {
        Self { session_id: view.session_id, ar_content_id: view.ar_content_id, started_at: view.started_at }
    }

    /// As a phone gets it.
    #[must_use]
    pub fn sign(&self, secret: &SecretKey) -> String {
        let mut bytes = Vec::with_capacity(SIGNED_LENGTH + 32);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.session_id.as_bytes());
        bytes.extend_from_slice(&self.ar_content_id.to_be_bytes());
        bytes.extend_from_slice(&self.started_at.timestamp_micros().to_be_bytes());
        let signature = secret.sign(Purpose::ViewToken, &bytes);
        bytes.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads what a phone sends; none if it is malformed, not signed by this installation, or too old.
    #[must_use]
    pub fn read(secret: &SecretKey, text: &str, now: DateTime<Utc>) -> Option<Self> {
        if text.len() > 128 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (signed, signature) = bytes.split_at_checked(SIGNED_LENGTH)?;
        if !secret.verify(Purpose::ViewToken, signed, signature) {
            return None;
        }
        let (version, rest) = signed.split_first()?;
        let (session_id, rest) = rest.split_first_chunk::<16>()?;
        let (ar_content_id, rest) = rest.split_first_chunk::<8>()?;
        let (started_at, _) = rest.split_first_chunk::<8>()?;
        let token = Self {
            session_id: Uuid::from_bytes(*session_id),
            ar_content_id: i64::from_be_bytes(*ar_content_id),
            started_at: DateTime::from_timestamp_micros(i64::from_be_bytes(*started_at))?,
        };
        (*version == VERSION && now < token.started_at + LIFETIME).then_some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SecretKey {
        SecretKey::new(vec![[byte; 32]]).unwrap()
    }

    fn token() -> ViewToken {
        let started_at = "2026-11-21T10:00:00.123456Z".parse().unwrap();
        ViewToken { session_id: Uuid::from_u128(7), ar_content_id: 42, started_at }
    }

    #[test]
    fn a_token_is_the_same_each_time_and_is_read_back_for_a_day() {
        let text = token().sign(&secret(1));
        assert_eq!(text, token().sign(&secret(1)));
        let last = token().started_at + LIFETIME - TimeDelta::microseconds(1);
        assert_eq!(ViewToken::read(&secret(1), &text, last), Some(token()));
        assert_eq!(ViewToken::read(&secret(1), &text, token().started_at + LIFETIME), None);
    }

    #[test]
    fn nothing_else_is_a_token() {
        let text = token().sign(&secret(1));
        let now = token().started_at;
        assert_eq!(ViewToken::read(&secret(2), &text, now), None);
        let mut bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            assert_eq!(ViewToken::read(&secret(1), &URL_SAFE_NO_PAD.encode(&bytes), now), None, "byte {place}");
            bytes[place] ^= 1;
        }
        for cut in 0..bytes.len() {
            assert_eq!(ViewToken::read(&secret(1), &URL_SAFE_NO_PAD.encode(&bytes[..cut]), now), None);
        }
        for text in ["", "ÿ", "====", &"A".repeat(4096)] {
            assert_eq!(ViewToken::read(&secret(1), text, now), None);
        }
    }
}
