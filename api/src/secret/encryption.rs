//! What is stored so that only this installation reads it: XChaCha20-Poly1305, whose long nonces may be random.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};

use super::{Purpose, SecretKey, derived};

/// The first byte of what is encrypted: in which way it is.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;
const KEY_ID: &[u8] = b"arvlite key id v1";

/// Bytes that only this installation reads, and only in the context that they were encrypted for.
#[derive(Clone)]
pub struct Encrypted {
    /// Which key encrypted them, so that those of an older key can be found. It tells nothing of the key.
    pub key_id: String,
    /// The version, the nonce, and the encrypted bytes with their tag.
    pub bytes: Vec<u8>,
}

/// Bytes that were decrypted. They are never printed.
pub struct Plaintext(Vec<u8>);

impl Plaintext {
    /// The bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Plaintext {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Plaintext")
    }
}

impl SecretKey {
    /// Encrypts bytes with the newest key. They can be decrypted for the same purpose and context alone: a context that
    /// names the row keeps them from being moved to another one.
    #[must_use]
    pub fn encrypt(&self, purpose: Purpose, context: &[u8], plaintext: &[u8]) -> Encrypted {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let key = &self.newest_first[0];
        let sealed = cipher(key, purpose).encrypt(&nonce.into(), Payload { msg: plaintext, aad: context });
        let Ok(sealed) = sealed else { unreachable!("only what is longer than 256 GiB cannot be encrypted") };
        Encrypted { key_id: key_id(key), bytes: [&[VERSION], &nonce[..], &sealed].concat() }
    }

    /// Decrypts with whichever of the keys fits. Nothing if the bytes are damaged, were encrypted for another purpose
    /// or context, or by a key that is no longer known.
    #[must_use]
    pub fn decrypt(&self, purpose: Purpose, context: &[u8], encrypted: &[u8]) -> Option<Plaintext> {
        let [VERSION, rest @ ..] = encrypted else { return None };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let opened = |key| cipher(key, purpose).decrypt(nonce.into(), Payload { msg: sealed, aad: context });
        self.newest_first.iter().find_map(|key| opened(key).ok()).map(Plaintext)
    }
}

fn cipher(key: &[u8; 32], purpose: Purpose) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&derived(key, &purpose.label()).into())
}

fn key_id(key: &[u8; 32]) -> String {
    derived(key, KEY_ID)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
