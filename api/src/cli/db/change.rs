//! `arvlite db upgrade` and `arvlite db downgrade`.

use std::io::{IsTerminal, Write};

use anyhow::bail;
use arvlite_db::create_database;
use arvlite_db::migrate::{DownTo, Loss, Migrations, Progress, UpTo, losses, script};
use arvlite_db::models::MigrationAction;
use clap::Args;

use crate::cli::exit::WrongUsage;
use crate::cli::{Environment, schema_state, tell};

/// How to upgrade.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arvlite db upgrade                     apply all that is pending
  arvlite db upgrade +2                  apply the next two
  arvlite db upgrade --revision 000003   apply up to this one, and with it
  arvlite db upgrade --dry-run           print the SQL that would run, and touch nothing
  arvlite db upgrade --create            make the database first, if the server has none of this name

Each migration runs in a transaction of its own, a few apart that say otherwise. Of one that fails nothing is left; those
before it stay. It refuses a database that is ahead, half applied, somebody else's, or that has an edited migration.")]
pub struct Upgrade {
    /// How many
    #[arg(value_name = "+N", value_parser = up_by, conflicts_with = "revision")]
    steps: Option<usize>,
    /// Up to this migration, and with it
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// Print the SQL that would run, and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Make the database first, if the server has none of this name
    #[arg(long, conflicts_with = "dry_run")]
    create: bool,
}

/// How to downgrade.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  arvlite db downgrade                     revert the last migration
  arvlite db downgrade -2                  revert the last two
  arvlite db downgrade --revision 000003   revert what came after this one, which stays
  arvlite db downgrade base                revert all: every table and every row is gone
  arvlite db downgrade base --dry-run      print the SQL that would run, and touch nothing

It says which tables and columns go, and how many rows. Where any would be lost it asks a person at a terminal; a script
says --yes. Of a migration that is half applied it undoes the rest.")]
pub struct Downgrade {
    /// How many, or all
    #[arg(value_name = "-N|base", value_parser = down_to, allow_hyphen_values = true, conflicts_with = "revision")]
    to: Option<Down>,
    /// Down to this migration, which stays
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// Print the SQL that would run, and touch nothing
    #[arg(long)]
    dry_run: bool,
    /// Lose data without being asked
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Clone, Copy)]
enum Down {
    By(usize),
    Base,
}

fn up_by(word: &str) -> Result<usize, String> {
    let steps = word.strip_prefix('+').and_then(|digits| digits.parse().ok()).filter(|steps| *steps > 0);
    steps.ok_or_else(|| "it looks like +2; a migration is named with --revision".to_owned())
}

fn down_to(word: &str) -> Result<Down, String> {
    if word == "base" {
        return Ok(Down::Base);
    }
    let steps = word.strip_prefix('-').and_then(|digits| digits.parse().ok()).filter(|steps| *steps > 0);
    steps.map(Down::By).ok_or_else(|| "it is base or looks like -2; a migration is named with --revision".to_owned())
}

pub(super) async fn upgrade(environment: &Environment, upgrade: Upgrade) -> anyhow::Result<()> {
    let migrations = Migrations::embedded();
    let to = match (upgrade.steps, upgrade.revision) {
        (Some(steps), _) => UpTo::Steps(steps),
        (_, Some(revision)) => UpTo::Revision(migrations.find(&revision)?),
        _ => UpTo::Latest,
    };
    let (db, address) = (&environment.db, environment.db.address());
    if upgrade.create && create_database(db).await? {
        tell(&format!("made {address}"))?;
    }
    if upgrade.dry_run {
        let standing = migrations.standing(db).await?;
        let pending = standing.upgradable(to).map_err(|error| schema_state::refusal(error, &address))?;
        return Ok(tell(&script(&pending, MigrationAction::Upgrade))?);
    }
    if environment.upgrade(to, &say).await?.is_empty() {
        let far = if to == UpTo::Latest { "the schema is current" } else { "that much is applied" };
        tell(&format!("Nothing to apply: {far} in {address}."))?;
    }
    Ok(())
}

pub(super) async fn downgrade(environment: &Environment, downgrade: Downgrade) -> anyhow::Result<()> {
    let migrations = Migrations::embedded();
    let to = match (downgrade.to, downgrade.revision) {
        (_, Some(revision)) => DownTo::Revision(migrations.find(&revision)?),
        (Some(Down::By(steps)), _) => DownTo::Steps(steps),
        (Some(Down::Base), _) => DownTo::Base,
        _ => DownTo::Steps(1),
    };
    let (db, address) = (&environment.db, environment.db.address());
    let refused = |error| schema_state::refusal(error, &address);
    let applied = migrations.standing(db).await?.downgradable(to).map_err(refused)?;
    if downgrade.dry_run {
        return Ok(tell(&script(&applied, MigrationAction::Downgrade))?);
    }
    let lost = losses(db, &applied).await?;
    if !lost.is_empty() && !downgrade.yes {
        agree_to(&lost, &address).await?;
    }
    if migrations.downgrade(db, to, &say).await.map_err(refused)?.is_empty() {
        tell(&format!("Nothing to revert in {address}."))?;
    }
    Ok(())
}

/// Tells what goes, and asks; where nobody can answer, it is refused.
async fn agree_to(lost: &[Loss], address: &str) -> anyhow::Result<()> {
    let lines = lost.iter().map(|Loss { what, unit, count }| match count {
        Some(count) => format!("  {what}: {count} {unit}\n"),
        None => format!("  {what}: nobody can say beforehand how many\n"),
    });
    let lines: String = lines.collect();
    let told = format!("This would be lost for good in {address}:\n{lines}");
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(WrongUsage(format!("nothing was done. {told}If it may go, say --yes")).into());
    }
    eprint!("{told}Type yes to go on: ");
    std::io::stderr().flush()?;
    let answer = tokio::task::spawn_blocking(|| std::io::stdin().lines().next().transpose()).await??;
    if answer.is_none_or(|answer| answer.trim() != "yes") {
        bail!("nothing was done");
    }
    Ok(())
}

/// Says what happens while it happens.
fn say(progress: Progress) {
    let told = match progress {
        Progress::Waits => {
            eprintln!("Somebody else changes the schema right now; waiting until they are done.");
            return;
        }
        Progress::Done { name, action: MigrationAction::Upgrade, duration_ms } => {
            tell(&format!("applied {name} ({duration_ms} ms)"))
        }
        Progress::Done { name, action: MigrationAction::Downgrade, duration_ms } => {
            tell(&format!("reverted {name} ({duration_ms} ms)"))
        }
    };
    // A full disk behind the output is no reason to stop half-way.
    told.ok();
}
