//! `arvlite db`: the schema of the database, looked at and changed.

use arvlite_db::{migrate, print_schema};
use clap::{Subcommand, ValueEnum};

use super::{Common, Environment, tell};

/// Look at the schema of the database, and change it
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  arvlite db check && arvlite serve
  arvlite db upgrade
  arvlite db downgrade --steps 1

Exit codes: 0 done (check: current), 1 failed, 2 wrong usage, 3 the schema is empty, behind or ahead, 4 no database to
be had. An empty database, and one that does not answer, are never current.")]
pub enum DbCommand {
    /// Say whether the schema is the one that this program expects
    #[command(after_help = "Example:\n  arvlite db check --database-url postgres://studio@db.example/studio")]
    Check,
    /// Apply pending migrations; two upgrades at once wait for each other
    #[command(after_help = "Example:\n  arvlite db upgrade")]
    Upgrade,
    /// Revert the last migrations, with the data that they brought
    #[command(after_help = "\
Examples:
  arvlite db downgrade             revert the last migration
  arvlite db downgrade --steps 2   revert the last two
  arvlite db downgrade base        revert all: every table and every row is gone")]
    Downgrade {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
        steps: usize,
        /// Down to where
        to: Option<Target>,
    },
    /// Tell the version that was applied last
    #[command(after_help = "Example:\n  arvlite db current")]
    Current,
    /// Print the tables as Diesel sees them, for db/src/schema.rs
    #[command(after_help = "Example:\n  arvlite db print-schema > schema.rs && mv schema.rs db/src/")]
    PrintSchema,
}

/// Where a downgrade may end.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Target {
    /// Before the first migration
    Base,
}

/// Runs one of them.
///
/// # Errors
/// When the database does not answer, is not in the state that was asked about, or a migration fails.
pub async fn run(common: &Common, command: DbCommand) -> anyhow::Result<()> {
    let environment = Environment::open(common.configuration()?, common.may_install()).await?;
    let done = run_on(&environment, command).await;
    environment.close().await;
    done
}

async fn run_on(environment: &Environment, command: DbCommand) -> anyhow::Result<()> {
    let db = &environment.db;
    let address = db.address();
    match command {
        DbCommand::Check => {
            environment.require_current_schema().await?;
            tell(&format!("The schema is current in {address}."))?;
        }
        DbCommand::Upgrade => {
            let applied = migrate::upgrade(db).await?;
            tell(&changes("applied", &applied, &format!("Nothing to apply: the schema is current in {address}.")))?;
        }
        DbCommand::Downgrade { steps, to } => {
            let steps = if to.is_some() { usize::MAX } else { steps };
            let reverted = migrate::downgrade(db, steps).await?;
            tell(&changes("reverted", &reverted, &format!("Nothing to revert: {address} has no schema.")))?;
        }
        DbCommand::Current => match migrate::current(db).await? {
            Some(version) => tell(&version)?,
            None => environment.require_current_schema().await?,
        },
        DbCommand::PrintSchema => {
            environment.require_current_schema().await?;
            tell(&print_schema(db).await?)?;
        }
    }
    Ok(())
}

fn changes(done: &str, names: &[String], nothing: &str) -> String {
    if names.is_empty() {
        return nothing.to_owned();
    }
    names.iter().map(|name| format!("{done} {name}\n")).collect()
}
