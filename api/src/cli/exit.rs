//! How a role ends: words for a person, a code for a script.

use std::error::Error;
use std::process::ExitCode;

use arvlite_db::migrate::{MigrateError, RevisionError};
use arvlite_db::{AddressError, ConnectError, DbError, Obstacle};

use super::schema_state::NotCurrent;
use super::views::NotEqual;
use crate::config::ConfigError;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const NOT_CURRENT: u8 = 3;
const NO_DATABASE: u8 = 4;
/// Told to stop twice.
pub(super) const AT_ONCE: u8 = 5;
const NOT_EQUAL: u8 = 6;

/// What was asked for cannot be meant so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct WrongUsage(pub(super) String);

/// Says what went wrong, if anything did, and gives the process its exit code.
pub fn exit_code(done: &anyhow::Result<()>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    let advice =
        error.chain().find_map(<dyn Error>::downcast_ref).map_or("", |error: &ConnectError| advice(error.obstacle));
    eprintln!("arvlite: {error:#}{advice}");
    ExitCode::from(error.chain().find_map(known).unwrap_or(FAILED))
}

fn known(cause: &(dyn Error + 'static)) -> Option<u8> {
    if cause.is::<NotCurrent>() {
        return Some(NOT_CURRENT);
    }
    if cause.is::<NotEqual>() {
        return Some(NOT_EQUAL);
    }
    let is_revision = cause.is::<RevisionError>() || matches!(cause.downcast_ref(), Some(MigrateError::Revision(_)));
    if cause.is::<ConfigError>() || cause.is::<AddressError>() || cause.is::<WrongUsage>() || is_revision {
        return Some(USAGE);
    }
    let of_database = match cause.downcast_ref() {
        Some(MigrateError::Db(error)) => Some(error),
        _ => cause.downcast_ref(),
    };
    matches!(of_database, Some(DbError::Unavailable(_))).then_some(NO_DATABASE)
}

/// What a person can do about a database that lets nobody in.
fn advice(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NobodyListens => "\nIs the server running, and is this its address?",
        Obstacle::UnknownHost => "\nIs the name of the host spelt right, and does this machine know it?",
        Obstacle::NotLetIn => {
            "\nUser and password are part of the address (postgres://user:password@host/database), and the server's \
             pg_hba.conf says who may come from where"
        }
        Obstacle::NoSuchDatabase => "\nMake it with\n  arvlite db upgrade --create",
        Obstacle::Tls => {
            "\nWhat is asked of the server's certificate is part of the address: ?sslmode=verify-full&sslrootcert=..."
        }
        Obstacle::Other => "",
    }
}
