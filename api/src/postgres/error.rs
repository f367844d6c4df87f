//! Why the embedded server did not start, in words for the person at the terminal.

use std::io;
use std::path::{Path, PathBuf};

const THREE_WAYS: &str = "\
One of these helps:
  1. install PostgreSQL 15 or newer from your system's packages (Debian, Ubuntu: apt-get install postgresql);
  2. set ARVLITE_PG_BIN to a folder that holds its programs initdb and postgres;
  3. set DATABASE_URL to a PostgreSQL server that runs already.";

/// Why the embedded server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder could not be read, made or changed.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A program could not be run.
    #[error("cannot run {program}: {source}")]
    Program {
        /// Which.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// Another process uses the cluster.
    #[error(
        "the database in {} is in use by another arvlite (process {process}): stop that one, or choose \
         another folder with ARVLITE_DATA_DIR",
        home.display()
    )]
    InUse {
        /// The folder of the cluster.
        home: PathBuf,
        /// The process id that the other one left in the lock, or a question mark.
        process: String,
    },
    /// Root starts the server as another user, who may not enter a folder on the way.
    #[error(
        "PostgreSQL does not run as root, so it is run as the user {account}, who may not enter {}: choose a \
         folder that everybody may pass through (ARVLITE_DATA_DIR, ARVLITE_PG_BIN), or run arvlite as an \
         ordinary user",
        folder.display()
    )]
    Unreachable {
        /// The folder that is closed.
        folder: PathBuf,
        /// The user who would run the server.
        account: String,
    },
    /// The folder named by the settings has no usable PostgreSQL.
    #[error(
        "ARVLITE_PG_BIN is {}, but {problem}: it must hold initdb and postgres of PostgreSQL 15 or newer",
        bin.display()
    )]
    BadBinDir {
        /// The folder.
        bin: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// No PostgreSQL, and installing is forbidden.
    #[error("PostgreSQL was not found on this machine, and --no-install forbids installing it.\n{THREE_WAYS}")]
    NotFound,
    /// No PostgreSQL, and installing it failed.
    #[error("PostgreSQL was not found on this machine and could not be installed:\n{attempts}\n{THREE_WAYS}")]
    InstallFailed {
        /// What was tried and how it ended, one line each.
        attempts: String,
    },
    /// The data was made by another major version than those on this machine.
    #[error(
        "the database in {} was made by PostgreSQL {data}, but this machine has PostgreSQL {found}: install \
         PostgreSQL {data} beside it, name its programs by ARVLITE_PG_BIN, or choose another folder with \
         ARVLITE_DATA_DIR",
        home.display()
    )]
    OtherMajor {
        /// The folder of the cluster.
        home: PathBuf,
        /// The major version of the data.
        data: u32,
        /// The major versions found, as a list for reading.
        found: String,
    },
    /// The cluster's folder does not look like a cluster.
    #[error(
        "{} holds no PostgreSQL database (its PG_VERSION is missing or unreadable): restore it from a backup, or \
         move it away to begin with an empty one",
        data.display()
    )]
    Damaged {
        /// The folder.
        data: PathBuf,
    },
    /// The cluster could not be made.
    #[error("PostgreSQL could not create its cluster (initdb):\n{said}")]
    CreateFailed {
        /// What initdb said.
        said: String,
    },
    /// A server from before does not go away.
    #[error(
        "an earlier PostgreSQL server (process {process}) still works on {} and does not stop: end it with \
         `kill -INT {process}`, then start again",
        data.display()
    )]
    PreviousStillRuns {
        /// The folder of the data.
        data: PathBuf,
        /// The process id of that server.
        process: u32,
    },
    /// The server ended instead of answering.
    #[error("PostgreSQL ended while it was starting:\n{said}\nIts logs are start.log and log in {}", home.display())]
    Died {
        /// The last it said.
        said: String,
        /// The folder that holds the logs.
        home: PathBuf,
    },
    /// The server runs but does not answer.
    #[error(
        "PostgreSQL did not answer within {seconds} seconds:\n{said}\nIts logs are start.log and log in {}",
        home.display()
    )]
    NoAnswer {
        /// How long it was given.
        seconds: u64,
        /// The last it said.
        said: String,
        /// The folder that holds the logs.
        home: PathBuf,
    },
}

impl StartError {
    /// For `map_err`: what was tried on which path.
    pub(super) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StartError {
        move |source| StartError::File { action, path: path.to_owned(), source }
    }

    /// For `map_err`: which program was to be run.
    pub(super) fn program(program: &str) -> impl FnOnce(io::Error) -> StartError {
        move |source| StartError::Program { program: program.to_owned(), source }
    }
}
