//! What a caller shows: sign-in tokens and API keys, as text and as what is stored of them.
//!
//! Both carry 256 random bits, so a plain SHA-256 is enough: there is nothing to guess.

use arvlite_db::models::ApiKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const SIGN_IN: &str = "arv_s_";
const API_KEY: &str = "arv_k_";
/// 32 bytes in base64url.
const SECRET_LENGTH: usize = 43;
const PREFIX_LENGTH: usize = 10;
/// Letters and digits that nobody takes for each other.
const PREFIX_LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// What a caller shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A person's token.
    SignIn(&'a str),
    /// A program's key.
    ApiKey {
        /// The whole key.
        text: &'a str,
        /// The part that finds it.
        prefix: &'a str,
        /// The part that proves it.
        secret: &'a str,
    },
}

impl<'a> Token<'a> {
    /// Reads a token; none if it cannot be one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if let Some(secret) = text.strip_prefix(SIGN_IN) {
            return is_secret(secret).then_some(Self::SignIn(text));
        }
        let (prefix, secret) = text.strip_prefix(API_KEY)?.split_once('_')?;
        let is_prefix = prefix.len() == PREFIX_LENGTH && prefix.bytes().all(|letter| PREFIX_LETTERS.contains(&letter));
        (is_prefix && is_secret(secret)).then_some(Self::ApiKey { text, prefix, secret })
    }

    /// Digest of the whole text. For a person's token it is what is stored.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        match self {
            Self::SignIn(text) | Self::ApiKey { text, .. } => Sha256::digest(text).into(),
        }
    }
}

/// A new token of a person, and the digest to store.
#[must_use]
pub fn new_sign_in() -> (String, [u8; 32]) {
    let secret: [u8; 32] = rand::random();
    let token = format!("{SIGN_IN}{}", URL_SAFE_NO_PAD.encode(secret));
    let digest = Sha256::digest(&token).into();
    (token, digest)
}

/// A new key of a program, and what to store of it.
#[must_use]
pub fn new_api_key() -> NewKey {
    api_key_of(rand::random(), rand::random())
}

/// The key that is made of these bytes, of which the second must be a secret.
#[must_use]
pub fn api_key_of(prefix: [u8; 32], secret: [u8; 32]) -> NewKey {
    let letters = prefix.iter().take(PREFIX_LENGTH);
    let prefix: String =
        letters.map(|byte| char::from(PREFIX_LETTERS[usize::from(*byte) % PREFIX_LETTERS.len()])).collect();
    let secret = URL_SAFE_NO_PAD.encode(secret);
    NewKey { secret_sha256: Sha256::digest(&secret).into(), text: format!("{API_KEY}{prefix}_{secret}"), prefix }
}

/// A key that was just made.
pub struct NewKey {
    /// The whole key, to be shown once.
    pub text: String,
    /// The part that finds it.
    pub prefix: String,
    /// Digest of the part that proves it.
    pub secret_sha256: [u8; 32],
}

/// Whether a secret is the one of a stored key. It takes the same time wherever they differ.
#[must_use]
pub fn proves(secret: &str, key: &ApiKey) -> bool {
    Sha256::digest(secret).as_slice().ct_eq(&key.secret_sha256).into()
}

/// Bytes as lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_secret(text: &str) -> bool {
    text.len() == SECRET_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read_back() {
        for _ in 0..100 {
            let (token, digest) = new_sign_in();
            assert_eq!(token.len(), 49);
            let read = Token::parse(&token).unwrap();
            assert!(read == Token::SignIn(&token));
            assert_eq!(read.digest(), digest);

            let key = new_api_key();
            let Some(Token::ApiKey { prefix, secret, .. }) = Token::parse(&key.text) else { panic!("{}", key.text) };
            assert_eq!(prefix, key.prefix);
            assert_eq!(<[u8; 32]>::from(Sha256::digest(secret)), key.secret_sha256);
        }
    }

    #[test]
    fn nothing_else_is_a_token() {
        let (token, _) = new_sign_in();
        let key = new_api_key().text;
        for text in [
            "",
            "arv_s_",
            "arv_k_",
            "arv_k__",
            &token[1..],
            &token[..48],
            &format!("{token}x"),
            &token.replacen("arv_s_", "arv_k_", 1),
            &key.replacen("arv_k_", "arv_s_", 1),
            &key[..key.len() - 1],
            &key.to_uppercase(),
            &format!("{} ", &token[..48]),
            &format!("{}ы", &token[..47]),
        ] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
