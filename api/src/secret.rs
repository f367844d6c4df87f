//! The installation's secret key, and the keys that are derived from it: to sign, and to encrypt what is stored.

mod encryption;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use chrono::NaiveDate;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use encryption::{Encrypted, Plaintext};

/// 32 bytes that only this installation knows; older ones still verify what they signed and read what they encrypted.
#[derive(Clone)]
pub struct SecretKey {
    newest_first: Vec<[u8; 32]>,
}

/// What a derived key is for. Keys of different purposes have nothing in common.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    /// Signs view tokens.
    ViewToken,
    /// Makes the API keys of the demo, which are printed at every start.
    DemoKey,
    /// Encrypts what storage connections sign in with.
    StorageSecrets,
    /// Tells a day's viewers apart.
    ViewerOfDay(NaiveDate),
}

impl Purpose {
    fn label(self) -> Cow<'static, [u8]> {
        match self {
            Self::ViewToken => b"arvlite view token v1".into(),
            Self::DemoKey => b"arvlite demo key v1".into(),
            Self::StorageSecrets => b"arvlite storage secrets v1".into(),
            Self::ViewerOfDay(day) => format!("arvlite viewer of {day} v1").into_bytes().into(),
        }
    }
}

impl SecretKey {
    /// The keys of an installation, the one to sign with first. None if there is none.
    #[must_use]
    pub fn new(newest_first: Vec<[u8; 32]>) -> Option<Self> {
        (!newest_first.is_empty()).then_some(Self { newest_first })
    }

    /// Reads keys of 64 hexadecimal digits, separated by commas.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let keys: Option<Vec<[u8; 32]>> = text.split(',').map(|key| parse_hex(key.trim())).collect();
        Self::new(keys?)
    }

    /// A signature of a message.
    #[must_use]
    pub fn sign(&self, purpose: Purpose, message: &[u8]) -> [u8; 32] {
        self.newest_first.first().map(|key| signature(key, purpose, message)).unwrap_or_default()
    }

    /// Whether one of the keys signed this message.
    #[must_use]
    pub fn verify(&self, purpose: Purpose, message: &[u8], signed: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        self.newest_first.iter().any(|key| signature(key, purpose, message).ct_eq(signed).into())
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretKey")
    }
}

fn signature(key: &[u8; 32], purpose: Purpose, message: &[u8]) -> [u8; 32] {
    // 32 bytes are always a valid length.
    match Hmac::<Sha256>::new_from_slice(&derived(key, &purpose.label())) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().into()
        }
        Err(_) => [0; 32],
    }
}

fn derived(key: &[u8; 32], label: &[u8]) -> [u8; 32] {
    let mut derived = [0; 32];
    // 32 bytes are always a valid length.
    let expanded = Hkdf::<Sha256>::new(None, key).expand(label, &mut derived);
    debug_assert!(expanded.is_ok());
    derived
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}
