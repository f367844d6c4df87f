//! `arvlite db`: the schema of the database, looked at and changed.
//!
//! Here: what is asked for, and what is told. Not here: how it is done, which is `arvlite_db::migrate`'s.

mod change;
mod create;
mod look;

use arvlite_db::print_schema;
use clap::Subcommand;

use super::{Common, Environment, tell};

/// Look at the schema of the database, and change it
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  arvlite db check && arvlite serve
  arvlite db upgrade
  arvlite db upgrade --dry-run
  arvlite db history --verbose
  arvlite db downgrade -1

A revision is the start of a migration's version or name, as far as it is the only one: 000003, create_studio.

Exit codes:
  0  done (check: current)
  1  failed: a migration, or a person who said no
  2  wrong usage, a revision that there is not, or data would be lost and there is no --yes
  3  the schema is not current: empty, behind, ahead, half applied, somebody else's, or a migration was edited after it
     was applied
  4  no database to be had: it does not answer, is not there, or lets nobody in
An empty database, and one that does not answer, are never current.")]
pub enum DbCommand {
    /// Say whether the schema is the one that this program expects
    #[command(after_help = "Example:\n  arvlite db check --database-url postgres://studio@db.example/studio")]
    Check,
    /// Apply pending migrations; two upgrades at once wait for each other
    Upgrade(change::Upgrade),
    /// Revert the last migrations, with the data that they brought
    Downgrade(change::Downgrade),
    /// Tell the migration that was applied last
    #[command(after_help = "Example:\n  arvlite db current")]
    Current,
    /// List the migrations, applied and pending
    #[command(after_help = "Examples:\n  arvlite db history\n  arvlite db history --verbose   also who did what when")]
    History {
        /// Also the log: each time that one was applied or reverted, how long it took, by whom, with which checksum
        #[arg(long, short)]
        verbose: bool,
    },
    /// Show one migration: its state, its checksum, what the lint says, and its SQL
    #[command(after_help = "Examples:\n  arvlite db show 000003\n  arvlite db show create_studio_tree")]
    Show {
        /// The start of its version or name
        revision: String,
    },
    /// Make the files of a new migration, in a checkout
    Create(create::Create),
    /// Print the tables as Diesel sees them, for db/src/schema.rs
    #[command(after_help = "Example:\n  arvlite db print-schema > schema.rs && mv schema.rs db/src/")]
    PrintSchema,
}

/// Runs one of them.
///
/// # Errors
/// When the database does not answer, is not in the state that was asked about, or a migration fails.
pub async fn run(common: &Common, command: DbCommand) -> anyhow::Result<()> {
    match command {
        DbCommand::Check => with_database(common, look::check).await,
        DbCommand::Upgrade(upgrade) => with_database(common, async |on| change::upgrade(on, upgrade).await).await,
        DbCommand::Downgrade(downgrade) => {
            with_database(common, async |on| change::downgrade(on, downgrade).await).await
        }
        DbCommand::Current => with_database(common, look::current).await,
        DbCommand::History { verbose } => with_database(common, async |on| look::history(on, verbose).await).await,
        DbCommand::Show { revision } => with_database(common, async |on| look::show(on, &revision).await).await,
        DbCommand::Create(create) => create::run(&create),
        DbCommand::PrintSchema => with_database(common, print).await,
    }
}

async fn with_database(
    common: &Common,
    work: impl AsyncFnOnce(&Environment) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let environment = Environment::open(common.configuration()?, common.may_install()).await?;
    let done = work(&environment).await;
    environment.close().await;
    done
}

async fn print(environment: &Environment) -> anyhow::Result<()> {
    environment.require_current_schema().await?;
    Ok(tell(&print_schema(&environment.db).await?)?)
}
