//! `arvlite db check`, `current`, `history` and `show`: nothing is changed.

use std::fmt::Write;

use arvlite_db::migrate::{Migrations, Standing, Step, lint, report};
use arvlite_db::models::MigrationRun;
use chrono::{DateTime, Utc};

use crate::cli::{Environment, schema_state, tell};

pub(super) async fn check(environment: &Environment) -> anyhow::Result<()> {
    let (standing, address) = read(environment).await?;
    schema_state::require_current(&standing, &address)?;
    for run in standing.interrupted() {
        eprintln!("{}", schema_state::interruption(run));
    }
    Ok(tell(&format!("The schema is current in {address}."))?)
}

pub(super) async fn current(environment: &Environment) -> anyhow::Result<()> {
    let (standing, address) = read(environment).await?;
    match standing.current() {
        Some(name) => Ok(tell(name)?),
        None => schema_state::require_current(&standing, &address),
    }
}

pub(super) async fn history(environment: &Environment, verbose: bool) -> anyhow::Result<()> {
    let (standing, _) = read(environment).await?;
    let line = |step: &Step| {
        format!("{:<18}  {:<23}  {}\n", state(step), step.applied_at.map_or_else(String::new, time), step.name)
    };
    let mut told: String = standing.steps.iter().map(line).collect();
    if verbose {
        told.push_str("\nThe log:\n");
        standing.log.iter().for_each(|run| told.push_str(&entry(run)));
        if standing.log.is_empty() {
            told.push_str("nothing was logged yet\n");
        }
    }
    Ok(tell(&told)?)
}

pub(super) async fn show(environment: &Environment, revision: &str) -> anyhow::Result<()> {
    let migration = Migrations::embedded().find(revision)?;
    let (standing, _) = read(environment).await?;
    let step = standing.steps.iter().find(|step| step.name == migration.name);
    let mut told = format!("{}\n\n", migration.name);
    let mut line = |name: &str, value: &str| writeln!(told, "{name:<12} {value}");
    line("version", &migration.version())?;
    line("state", &step.map_or_else(String::new, state))?;
    if let Some(at) = step.and_then(|step| step.applied_at) {
        line("applied", &time(at))?;
    }
    line("checksum", &migration.checksum())?;
    line("transaction", if migration.in_transaction { "one of its own" } else { "none: each statement by itself" })?;
    let findings = lint(migration);
    line("lint", if findings.is_empty() { "nothing found" } else { "" })?;
    report(&findings).lines().try_for_each(|finding| writeln!(told, "  {finding}"))?;
    let (up, down) = (migration.up.trim_end(), migration.down.trim_end());
    write!(told, "\n-- up.sql\n{up}\n\n-- down.sql\n{down}")?;
    Ok(tell(&told)?)
}

async fn read(environment: &Environment) -> anyhow::Result<(Standing, String)> {
    Ok((Migrations::embedded().standing(&environment.db).await?, environment.db.address()))
}

fn state(step: &Step) -> String {
    match (&step.half, step.applied_at) {
        (Some(_), _) => "half applied".to_owned(),
        (_, None) => "pending".to_owned(),
        (_, Some(_)) if step.is_edited => "edited since".to_owned(),
        (_, Some(_)) if step.migration.is_none() => "of a later version".to_owned(),
        (_, Some(_)) => "applied".to_owned(),
    }
}

/// One time that a migration was run.
fn entry(run: &MigrationRun) -> String {
    let (action, status) = (run.action.as_str(), run.status.as_str());
    let duration = run.duration_ms.map_or_else(|| "?".to_owned(), |ms| format!("{ms} ms"));
    let operator = run.operator.as_ref().map_or_else(String::new, |operator| format!(", {operator}"));
    let failure = run.failure.as_ref().map_or_else(String::new, |why| format!("  {}\n", why.replace('\n', "\n  ")));
    format!(
        "{}  {action:<9}  {status:<7}  {}\n  {duration}, as {}{operator}, with version {}, SHA-256 {}\n{failure}",
        time(run.started_at),
        run.revision,
        run.database_role,
        run.program_version,
        run.checksum
    )
}

fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
