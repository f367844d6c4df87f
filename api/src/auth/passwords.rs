//! Passwords: what may be one, how it is kept, and whether it is the right one.
//!
//! Hashing is slow on purpose, so it happens off the async threads and only a few times at once; whoever finds no
//! [`Turn`] in time is told to come back. Hashes of the systems before are still understood, and become argon2id when
//! their owner signs in.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::Mode;
use crate::domain::{Checks, Error, Problem, ProblemCode, Result};

/// Password of the development database's administrator, known to everybody.
pub const PUBLISHED_ADMIN_PASSWORD: &str = "admin123";
/// Password of the demo's people, known to everybody.
pub const PUBLISHED_DEMO_PASSWORD: &str = "demo-password";

const SHORTEST: usize = 8;
const LONGEST_BYTES: usize = 1_000;
/// How long a sign-in waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// More rounds than any system before has used; a stored number above it is damage.
const MOST_ROUNDS: u32 = 1_000_000;

/// Checked where there is no hash to check, so that an unknown person costs as much as a known one. Nobody knows a
/// password for it, and a match would open nothing.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$V0aN1lq2m3h8iTn2kV2m1q0Yw5kq5H0mJmUe8t0o0xA";

/// Whether everybody knows this password. Only a server in development mode lets such a one in.
#[must_use]
pub fn is_published(password: &str) -> bool {
    matches!(password, PUBLISHED_ADMIN_PASSWORD | PUBLISHED_DEMO_PASSWORD)
}

/// Notes what makes a typed text unfit to be looked at as a password.
pub fn check_typed(checks: &mut Checks, field: &str, password: &str) {
    if password.is_empty() {
        checks.add(Problem::new(ProblemCode::Required, [field], "must not be empty"));
    }
    if password.len() > LONGEST_BYTES {
        checks.add(Problem::new(ProblemCode::TooLong, [field], format!("has more than {LONGEST_BYTES} bytes")));
    }
    if password.contains('\0') {
        checks.add(Problem::new(ProblemCode::Invalid, [field], "contains a control character"));
    }
}

/// Notes what makes a text unfit to become somebody's password.
pub fn check_new(checks: &mut Checks, field: &str, password: &str, mode: Mode) {
    check_typed(checks, field, password);
    if !password.is_empty() && password.chars().count() < SHORTEST {
        let message = format!("must have at least {SHORTEST} characters");
        checks.add(Problem::new(ProblemCode::Invalid, [field], message));
    }
    if mode == Mode::Production && is_published(password) {
        checks.add(Problem::new(ProblemCode::Invalid, [field], "is published, so everybody knows it"));
    }
}

/// The place where passwords are hashed.
pub struct Passwords {
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Passwords {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { turns: Arc::new(Semaphore::new(processors)), patience: PATIENCE }
    }
}

/// The right to hash once. It is held until the work is done, also if nobody waits for it any more.
pub struct Turn {
    permit: OwnedSemaphorePermit,
}

/// What became of a password.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, but kept in an old way: this hash is to take the old one's place.
    RightButOld {
        /// The same password, hashed as new ones are.
        upgraded: String,
    },
}

impl Passwords {
    /// Waits a moment for the right to hash.
    ///
    /// # Errors
    /// [`Error::Throttled`] when too many others are before.
    pub async fn turn(&self) -> Result<Turn> {
        let waiting = Arc::clone(&self.turns).acquire_owned();
        match tokio::time::timeout(self.patience, waiting).await {
            Ok(Ok(permit)) => Ok(Turn { permit }),
            Ok(Err(_)) | Err(_) => Err(Error::Throttled),
        }
    }
}

impl Turn {
    /// The hash to keep of a new password.
    ///
    /// # Errors
    /// When the system gives no memory or no random numbers.
    pub async fn hash(self, password: String) -> Result<String> {
        self.work(move || hash(&password)).await
    }

    /// Whether this is the password of a stored hash. Without one it costs the same and is wrong.
    ///
    /// # Errors
    /// When the system gives no memory or no random numbers.
    pub async fn verify(self, stored: Option<String>, password: String) -> Result<Verdict> {
        self.work(move || verify(stored.as_deref(), &password)).await
    }

    async fn work<T: Send + 'static>(self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let worked = tokio::task::spawn_blocking(move || {
            let _turn = self.permit;
            work()
        });
        worked.await.map_err(Error::ended_early)?
    }
}

fn hash(password: &str) -> Result<String> {
    let hashed = Argon2::default().hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(Error::internal)
}

fn verify(stored: Option<&str>, password: &str) -> Result<Verdict> {
    match stored {
        Some(hash) if hash.starts_with("$argon2") => {
            Ok(if argon2_matches(hash, password) { Verdict::Right } else { Verdict::Wrong })
        }
        Some(hash) if old_hash_matches(hash, password) => Ok(Verdict::RightButOld { upgraded: self::hash(password)? }),
        // Also after an old hash, which is checked faster than a new one: who still has one must not show.
        _ => {
            argon2_matches(NOBODYS_HASH, password);
            Ok(Verdict::Wrong)
        }
    }
}

fn argon2_matches(stored: &str, password: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &stored).is_ok()
}

/// Whether a hash of a system before is of this password: unsalted SHA-256 in hex, or PBKDF2 as passlib writes it.
fn old_hash_matches(stored: &str, password: &str) -> bool {
    let (computed, stored) = match stored.strip_prefix("$pbkdf2-sha256$") {
        Some(fields) => {
            let Some((rounds, salt, checksum)) = pbkdf2_fields(fields) else { return false };
            (pbkdf2(password.as_bytes(), &salt, rounds).to_vec(), checksum)
        }
        None => {
            let digest: [u8; 32] = Sha256::digest(password.as_bytes()).into();
            (crate::auth::token::hex(&digest).into_bytes(), stored.to_ascii_lowercase().into_bytes())
        }
    };
    computed.ct_eq(&stored).into()
}

/// Rounds, salt and checksum of `rounds$salt$checksum`. Passlib's base64 writes `.` for `+` and no padding.
fn pbkdf2_fields(fields: &str) -> Option<(u32, Vec<u8>, Vec<u8>)> {
    let mut fields = fields.splitn(3, '$');
    let rounds = fields.next()?.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds))?;
    let mut bytes = || STANDARD_NO_PAD.decode(fields.next()?.replace('.', "+")).ok();
    Some((rounds, bytes()?, bytes()?))
}

/// The first, and for SHA-256 only, block of PBKDF2.
fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let Ok(keyed) = Hmac::<Sha256>::new_from_slice(password) else { return [0; 32] };
    let round = |message: &[&[u8]]| -> [u8; 32] {
        let mut mac = keyed.clone();
        message.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    };
    let mut last = round(&[salt, &1u32.to_be_bytes()]);
    let mut block = last;
    for _ in 1..rounds {
        last = round(&[&last]);
        block.iter_mut().zip(last).for_each(|(sum, byte)| *sum ^= byte);
    }
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_password_only() {
        let hashed = hash("correct horse").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert_eq!(verify(Some(&hashed), "correct horse").unwrap(), Verdict::Right);
        assert_eq!(verify(Some(&hashed), "Correct horse").unwrap(), Verdict::Wrong);
    }

    #[test]
    fn nobody_costs_what_somebody_costs() {
        let nobody = PasswordHash::new(NOBODYS_HASH).unwrap();
        let somebody = PasswordHash::new(&hash("anything").unwrap()).unwrap();
        assert_eq!(nobody.algorithm, somebody.algorithm);
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
        assert_eq!(verify(None, "anything").unwrap(), Verdict::Wrong);
    }

    #[test]
    fn hashes_of_the_systems_before_are_understood_and_replaced() {
        let unsalted = "240be518fabd2724ddb6f04eeb1da5967448d7e831c08c8fa822809f74c720a9";
        let pbkdf2 = "$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdYw$f1qhN9YsPiA.FWAKgBg.Zbb3eu4rJdCMOZr6RaDOADY";
        for (stored, password) in [(unsalted, "admin123"), (pbkdf2, "password")] {
            let Verdict::RightButOld { upgraded } = verify(Some(stored), password).unwrap() else {
                panic!("{stored} is not of {password}")
            };
            assert_eq!(verify(Some(&upgraded), password).unwrap(), Verdict::Right);
            assert_eq!(verify(Some(stored), "another").unwrap(), Verdict::Wrong);
        }
    }

    #[test]
    fn damaged_hashes_and_unknown_kinds_open_nothing() {
        for stored in [
            "",
            "password",
            "$2b$12$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "$argon2id$",
            "$pbkdf2-sha256$",
            "$pbkdf2-sha256$4000000000$YQ$YQ",
            "$pbkdf2-sha256$10$$",
        ] {
            assert_eq!(verify(Some(stored), "password").unwrap(), Verdict::Wrong, "{stored}");
        }
    }

    #[test]
    fn a_published_password_is_none_in_production() {
        let accepts = |password: &str, mode| {
            let mut checks = Checks::default();
            check_new(&mut checks, "password", password, mode);
            checks.finish().is_ok()
        };
        assert!(accepts(PUBLISHED_ADMIN_PASSWORD, Mode::Development));
        assert!(!accepts(PUBLISHED_ADMIN_PASSWORD, Mode::Production));
        assert!(!accepts(PUBLISHED_DEMO_PASSWORD, Mode::Production));
        assert!(accepts("correct horse", Mode::Production));
        for unfit in ["", "short", "with a \0 inside", &"long".repeat(251)] {
            assert!(!accepts(unfit, Mode::Development), "{unfit:?}");
        }
    }

    #[tokio::test]
    async fn who_finds_no_turn_is_told_to_come_back() {
        let passwords = Passwords { turns: Arc::new(Semaphore::new(1)), patience: Duration::ZERO };
        let first = passwords.turn().await.unwrap();
        assert!(matches!(passwords.turn().await, Err(Error::Throttled)));
        drop(first);
        assert!(passwords.turn().await.is_ok());
    }
}
