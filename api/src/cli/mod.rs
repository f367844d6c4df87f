//! The roles of the binary, one file each: what a person types, and what it is told.
//!
//! Here: flags, words and exit codes. Not here: what a role does to the studio, which are the commands of `domain`.
//! Start at `arguments.rs`, then `environment.rs`: every role that needs the database opens it there, the same way.

mod arguments;
pub mod db;
pub mod demo;
pub mod doctor;
mod environment;
mod exit;
pub mod key;
mod log;
mod operator;
mod password;
pub mod schema;
mod schema_state;
pub mod serve;
pub mod user;
pub mod views;

use std::io::{self, Write};
use std::path::PathBuf;

pub use arguments::{Arguments, run};
pub use environment::{Environment, with_app};
pub use exit::exit_code;

use crate::config::{Config, ConfigError};

/// What `--help` begins with.
pub const ABOUT: &str = "The GraphQL gateway of studios whose printed photos come alive on a phone";

/// What `--help` ends with.
pub const AFTER_HELP: &str = "\
Examples:
  arvlite demo                             a studio with photos, videos and views, on this machine alone
  arvlite db upgrade                       make or update the schema of the database in DATABASE_URL
  arvlite serve --listen 0.0.0.0:4000      serve the API on it
  arvlite --config studio.toml db check    say whether its schema is current
  arvlite doctor                           say what is not as it should be, and what to do about it

Configuration: the environment (DATABASE_URL, ARVLITE_LISTEN, ARVLITE_LIMITS__DEPTH, ...), over it the file of
--config (the same keys in lower case), over it flags. Without DATABASE_URL a PostgreSQL of our own is run.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 the schema is not current, 4 no database to be had, 5 told
to stop twice, 6 wrong numbers were found by who only looked.";

/// The flags that every role takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// A TOML file with configuration, over the environment
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address of a PostgreSQL server: postgres://user@host/database?sslmode=verify-full
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Where media and the program's own database live
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Fail rather than install PostgreSQL where there is none
    #[arg(long, global = true)]
    no_install: bool,
}

impl Common {
    /// The configuration, with these flags over it.
    ///
    /// # Errors
    /// Says which key is unknown or which value makes no sense.
    pub fn configuration(&self) -> Result<Config, ConfigError> {
        let mut config = Config::load(self.config.as_deref())?;
        config.database_url = self.database_url.clone().or(config.database_url);
        config.data_dir = self.data_dir.clone().or(config.data_dir);
        Ok(config)
    }

    /// Whether PostgreSQL may be installed.
    #[must_use]
    pub fn may_install(&self) -> bool {
        !self.no_install
    }
}

/// Writes what was asked for. A reader who has stopped reading has had enough, which is no failure.
fn tell(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{}", text.trim_end()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}
