//! The migrations that a program knows.

use sha2::{Digest, Sha256};

/// One change of the schema, and its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// The name of its folder: the version, an underscore, and what it is about.
    pub name: &'static str,
    /// `up.sql`.
    pub up: &'static str,
    /// `down.sql`.
    pub down: &'static str,
    /// Whether it runs in a transaction of its own. Some statements refuse to; then each runs by itself.
    pub in_transaction: bool,
}

const EMBEDDED: &[Migration] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

impl Migration {
    /// The part of its name that orders it, as Diesel's table keeps it.
    #[must_use]
    pub fn version(&self) -> String {
        version_of(self.name)
    }

    /// SHA-256 of `up.sql`, whose line ends may be those of any system.
    #[must_use]
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.up.replace("\r\n", "\n"));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a person may mean it by this: the start of its name, of its version, of its number, or of what it is
    /// about.
    fn may_be_called(&self, word: &str) -> bool {
        let (stamp, about) = self.name.split_once('_').unwrap_or((self.name, ""));
        let number = stamp.rsplit('-').next().unwrap_or(stamp);
        [self.name, &self.version(), number, about].iter().any(|part| part.starts_with(word))
    }
}

/// The version in a migration's name.
pub(super) fn version_of(name: &str) -> String {
    name.split('_').next().unwrap_or(name).replace('-', "")
}

/// The migrations that a program knows, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Migrations(&'static [Migration]);

impl Migrations {
    /// Those of this program.
    #[must_use]
    pub const fn embedded() -> Self {
        Self(EMBEDDED)
    }

    /// Others, for whoever tries what happens with them.
    #[must_use]
    pub const fn of(oldest_first: &'static [Migration]) -> Self {
        Self(oldest_first)
    }

    /// Oldest first.
    #[must_use]
    pub fn all(self) -> &'static [Migration] {
        self.0
    }

    /// The one that a person means.
    ///
    /// # Errors
    /// When it is none, or may be several.
    pub fn find(self, revision: &str) -> Result<&'static Migration, RevisionError> {
        let whole = |migration: &&Migration| migration.name == revision || migration.version() == revision;
        if let Some(found) = self.0.iter().find(whole) {
            return Ok(found);
        }
        let meant: Vec<&Migration> = self.0.iter().filter(|migration| migration.may_be_called(revision)).collect();
        match meant.as_slice() {
            [found] => Ok(found),
            [] => Err(RevisionError::Unknown(revision.to_owned())),
            several => Err(RevisionError::Ambiguous {
                revision: revision.to_owned(),
                names: several.iter().map(|migration| migration.name).collect(),
            }),
        }
    }
}

/// A revision that does not say where to go.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// No migration is called so.
    #[error(
        "there is no migration {0}. A revision is the start of a migration's version or name, and arvlite db history \
         lists them"
    )]
    Unknown(String),
    /// Several are.
    #[error("{revision} may be any of\n  {}", .names.join("\n  "))]
    Ambiguous {
        /// What was asked for.
        revision: String,
        /// What it may mean.
        names: Vec<&'static str>,
    },
    /// A downgrade goes back to one that is applied.
    #[error("{0} is not applied, so nothing can be reverted to it")]
    NotApplied(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn named(name: &'static str) -> Migration {
        Migration { name, up: "SELECT 1;\n", down: "", in_transaction: true }
    }
    const THREE: Migrations = Migrations::of(&[
        named("2026-11-21-000001_create_people"),
        named("2026-11-22-000002_create_tree"),
        named("2026-11-22-000003_rename_people"),
    ]);

    #[test]
    fn a_revision_is_the_start_of_a_version_a_name_a_number_or_a_subject() {
        for (revision, found) in [
            ("2026-11-21-000001_create_people", 0),
            ("20261122000002", 1),
            ("20261121", 0),
            ("2026-11-22-000003", 2),
            ("000002", 1),
            ("rename", 2),
            ("create_t", 1),
        ] {
            assert_eq!(THREE.find(revision).unwrap(), &THREE.all()[found], "{revision}");
        }
        for (revision, why) in [("create", "create_tree"), ("2026-11-22", "rename"), ("people", "no migration people")]
        {
            let refusal = THREE.find(revision).unwrap_err().to_string();
            assert!(refusal.contains(why), "{refusal}");
        }
    }

    #[test]
    fn a_checksum_is_that_of_the_file_whatever_its_line_ends() {
        let dos = Migration { up: "SELECT 1;\r\n", ..named("a") };
        assert_eq!(named("a").checksum(), dos.checksum());
        assert_eq!(dos.checksum(), "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd");
        assert_ne!(named("a").checksum(), Migration { up: "SELECT 2;\n", ..dos }.checksum());
    }
}
