//! Where the programs of PostgreSQL are.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{OLDEST_MAJOR, StartError};

/// The folders of our downloaded copies begin with this, inside the data directory.
pub(super) const COPY_PREFIX: &str = "postgresql-";

/// The places outside our data directory that are searched and installed to.
#[derive(Debug)]
pub(super) struct Places {
    /// Holds a folder for each major version, with `bin` in it (Debian and its descendants).
    pub(super) versions: PathBuf,
    /// Tells the folder of its programs when run with `--bindir`.
    pub(super) pg_config: PathBuf,
    /// Installs packages, when we are root.
    pub(super) apt_get: PathBuf,
}

impl Places {
    pub(super) fn on_this_machine() -> Places {
        Places {
            versions: PathBuf::from("/usr/lib/postgresql"),
            pg_config: PathBuf::from("pg_config"),
            apt_get: PathBuf::from("apt-get"),
        }
    }
}

/// A folder with `initdb` and `postgres` that are new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Installation {
    pub(super) bin: PathBuf,
    pub(super) major: u32,
}

/// Everything usable on this machine, the preferred first.
pub(super) fn find(places: &Places, data_dir: &Path) -> Vec<Installation> {
    let mut found = newest_first(folders_in(&places.versions));
    let told = told_by(&places.pg_config).and_then(|bin| look_at(&bin).ok());
    found.extend(told.filter(|told| !found.contains(told)));
    found.extend(copies(data_dir));
    found
}

/// The copies of ours that are in the data directory.
pub(super) fn copies(data_dir: &Path) -> Vec<Installation> {
    let mut folders = folders_in(data_dir);
    folders.retain(|folder| {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(COPY_PREFIX)
    });
    newest_first(folders)
}

/// The installation in the folder that the settings name.
pub(super) fn named(bin: &Path) -> Result<Installation, StartError> {
    look_at(bin).map_err(|problem| StartError::BadBinDir { bin: bin.to_owned(), problem })
}

/// The first that fits the data: a cluster is read only by the major version that made it.
pub(super) fn choose(found: Vec<Installation>, data: Option<u32>, home: &Path) -> Result<Installation, StartError> {
    let majors: Vec<String> = found.iter().map(|each| each.major.to_string()).collect();
    let fitting = found.into_iter().find(|each| data.is_none_or(|data| data == each.major));
    match (fitting, data) {
        (Some(installation), _) => Ok(installation),
        (None, Some(data)) => Err(StartError::OtherMajor { home: home.to_owned(), data, found: majors.join(", ") }),
        (None, None) => Err(StartError::NotFound),
    }
}

fn folders_in(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn newest_first(folders: Vec<PathBuf>) -> Vec<Installation> {
    let mut usable: Vec<_> = folders.into_iter().filter_map(|folder| look_at(&folder.join("bin")).ok()).collect();
    usable.sort_by_key(|installation| Reverse(installation.major));
    usable
}

fn told_by(pg_config: &Path) -> Option<PathBuf> {
    let output = Command::new(pg_config).arg("--bindir").output().ok()?;
    let bin = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| PathBuf::from(bin.trim()))
}

/// What is in a folder of programs, or in words why it will not do.
fn look_at(bin: &Path) -> Result<Installation, String> {
    for program in ["initdb", "postgres"] {
        if !bin.join(program).is_file() {
            return Err(format!("it has no {program}"));
        }
    }
    let output = Command::new(bin.join("postgres"))
        .arg("--version")
        .output()
        .map_err(|error| format!("its postgres does not run ({error})"))?;
    let version = String::from_utf8_lossy(&output.stdout);
    match major(&version) {
        None => Err("its postgres does not tell its version".to_owned()),
        Some(major) if major < OLDEST_MAJOR => Err(format!("it is PostgreSQL {major}")),
        Some(major) => Ok(Installation {
            // The server is started from another folder.
            bin: fs::canonicalize(bin).map_err(|error| error.to_string())?,
            major,
        }),
    }
}

/// Of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` or `… 18beta1` the leading number.
fn major(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(major: u32) -> Installation {
        Installation { bin: PathBuf::from(format!("/usr/lib/postgresql/{major}/bin")), major }
    }

    #[test]
    fn the_major_version_is_the_leading_number() {
        assert_eq!(major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres: not found"), None);
    }

    #[test]
    fn new_data_takes_the_first_and_old_data_the_one_that_made_it() {
        let found = vec![installation(17), installation(15)];
        let home = Path::new("/data/postgres");
        assert_eq!(choose(found.clone(), None, home).unwrap().major, 17);
        assert_eq!(choose(found, Some(15), home).unwrap().major, 15);
    }

    #[test]
    fn a_refusal_names_both_versions() {
        let found = vec![installation(17), installation(15)];
        let refusal = choose(found, Some(16), Path::new("/data/postgres")).unwrap_err();
        let words = refusal.to_string();
        assert!(words.contains("made by PostgreSQL 16") && words.contains("has PostgreSQL 17, 15"), "{words}");
    }

    #[test]
    fn a_named_folder_must_hold_the_programs() {
        let refusal = named(Path::new("/nonexistent")).unwrap_err().to_string();
        assert!(refusal.contains("/nonexistent") && refusal.contains("no initdb"), "{refusal}");
    }
}
