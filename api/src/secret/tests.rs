use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const HERE: &[u8] = b"company 1, row 1";

fn keys(numbers: &[u8]) -> SecretKey {
    SecretKey::new(numbers.iter().map(|number| [*number; 32]).collect()).expect("at least one")
}

fn read(keys: &SecretKey, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    keys.decrypt(Purpose::StorageSecrets, context, bytes).map(|plaintext| plaintext.expose().to_vec())
}

proptest! {
    #[test]
    fn what_was_encrypted_is_read_again(context: Vec<u8>, plaintext: Vec<u8>) {
        let encrypted = keys(&[1]).encrypt(Purpose::StorageSecrets, &context, &plaintext);
        prop_assert_eq!(read(&keys(&[1]), &context, &encrypted.bytes), Some(plaintext));
    }

    #[test]
    fn what_was_moved_is_refused(context: Vec<u8>, other: Vec<u8>, plaintext: Vec<u8>) {
        prop_assume!(context != other);
        let encrypted = keys(&[1]).encrypt(Purpose::StorageSecrets, &context, &plaintext);
        prop_assert_eq!(read(&keys(&[1]), &other, &encrypted.bytes), None);
    }

    #[test]
    fn what_is_damaged_is_refused(plaintext: Vec<u8>, place: prop::sample::Index, bit in 0..8u32, length: prop::sample::Index) {
        let bytes = keys(&[1]).encrypt(Purpose::StorageSecrets, HERE, &plaintext).bytes;
        let mut damaged = bytes.clone();
        damaged[place.index(bytes.len())] ^= 1 << bit;
        prop_assert_eq!(read(&keys(&[1]), HERE, &damaged), None);
        prop_assert_eq!(read(&keys(&[1]), HERE, &bytes[..length.index(bytes.len())]), None);
        prop_assert_eq!(read(&keys(&[1]), HERE, &[bytes, vec![0]].concat()), None);
    }

    #[test]
    fn noise_is_refused(bytes in vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(read(&keys(&[1, 2]), HERE, &bytes), None);
    }
}

#[test]
fn an_older_key_still_reads_and_the_newest_one_writes() {
    let old = keys(&[1]).encrypt(Purpose::StorageSecrets, HERE, b"secret");
    let rotated = keys(&[2, 1]);
    assert_eq!(read(&rotated, HERE, &old.bytes).as_deref(), Some(&b"secret"[..]));
    assert_eq!(read(&keys(&[2]), HERE, &old.bytes), None);

    let new = rotated.encrypt(Purpose::StorageSecrets, HERE, b"secret");
    assert_eq!(read(&keys(&[1]), HERE, &new.bytes), None);
    assert_eq!(new.key_id, keys(&[2]).encrypt(Purpose::StorageSecrets, HERE, b"other").key_id);
    assert_ne!(new.key_id, old.key_id);
}

#[test]
fn another_purpose_reads_nothing() {
    let encrypted = keys(&[1]).encrypt(Purpose::StorageSecrets, HERE, b"secret");
    assert!(keys(&[1]).decrypt(Purpose::ViewToken, HERE, &encrypted.bytes).is_none());
}

#[test]
fn the_same_is_never_encrypted_alike() {
    let once = || keys(&[1]).encrypt(Purpose::StorageSecrets, HERE, b"secret").bytes;
    assert_ne!(once(), once());
}

#[test]
fn nothing_secret_is_printed() {
    let keys = keys(&[1]);
    let encrypted = keys.encrypt(Purpose::StorageSecrets, HERE, b"secret");
    let plaintext = keys.decrypt(Purpose::StorageSecrets, HERE, &encrypted.bytes);
    assert_eq!(format!("{keys:?} {plaintext:?}"), "SecretKey Some(Plaintext)");
}
