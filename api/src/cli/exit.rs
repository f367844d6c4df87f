//! How a role ends: words for a person, a code for a script.

use std::process::ExitCode;

use arvlite_db::migrate::MigrateError;
use arvlite_db::{AddressError, DbError};

use super::environment::NotCurrent;
use crate::config::ConfigError;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_CURRENT: u8 = 3;
const NO_DATABASE: u8 = 4;

/// Says what went wrong, if anything did, and gives the process its exit code.
pub fn exit_code(done: &anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    eprintln!("arvlite: {error:#}");
    ExitCode::from(error.chain().find_map(known).unwrap_or(FAILED))
}

fn known(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    if cause.is::<NotCurrent>() || matches!(cause.downcast_ref(), Some(MigrateError::Ahead(_))) {
        return Some(NOT_CURRENT);
    }
    if cause.is::<ConfigError>() || cause.is::<AddressError>() {
        return Some(USAGE);
    }
    let of_database = match cause.downcast_ref() {
        Some(MigrateError::Db(error)) => Some(error),
        _ => cause.downcast_ref(),
    };
    matches!(of_database, Some(DbError::Unavailable(_))).then_some(NO_DATABASE)
}
