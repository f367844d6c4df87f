//! What a storage connection signs in with: encrypted for its own row, so that whoever can write to the database cannot
//! give it to another company's.

use arvlite_db::models::StorageConnection;

use crate::secret::{Encrypted, Plaintext, Purpose, SecretKey};

/// Encrypts the secrets of a connection.
#[must_use]
pub fn encrypt_secrets(key: &SecretKey, connection: &StorageConnection, secrets: &[u8]) -> Encrypted {
    key.encrypt(Purpose::StorageSecrets, &context(connection), secrets)
}

/// Decrypts the secrets of a connection. Nothing if they are damaged, another row's, or of a key that is gone.
#[must_use]
pub fn decrypt_secrets(key: &SecretKey, connection: &StorageConnection, encrypted: &[u8]) -> Option<Plaintext> {
    key.decrypt(Purpose::StorageSecrets, &context(connection), encrypted)
}

fn context(connection: &StorageConnection) -> Vec<u8> {
    format!("company {}, storage connection {}", connection.company_id, connection.id).into_bytes()
}
