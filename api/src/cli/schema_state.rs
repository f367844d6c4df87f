//! How a schema stands, in words for a person, each with the command that helps.

use anyhow::anyhow;
use arvlite_db::migrate::{Half, MigrateError, Standing, State};
use arvlite_db::models::{MigrationAction, MigrationRun};

/// The schema is not the one that this program expects.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NotCurrent(String);

/// Refuses a schema that is not current.
///
/// # Errors
/// Says how it stands, who changes it right now, and who stopped in the middle.
pub(super) fn require_current(standing: &Standing, address: &str) -> anyhow::Result<()> {
    let Some(mut words) = in_words(&standing.state(), address) else { return Ok(()) };
    if let Some(run) = standing.running() {
        words = format!("{words}\nRight now somebody changes it: {}.", told(run));
    }
    for run in standing.interrupted() {
        words = format!("{words}\n{}", interruption(run));
    }
    Err(NotCurrent(words).into())
}

/// An error of the migrations, in words where it is about the schema's state.
pub(super) fn refusal(error: MigrateError, address: &str) -> anyhow::Error {
    match &error {
        MigrateError::Refused(state) => in_words(state, address).map_or_else(|| error.into(), |w| NotCurrent(w).into()),
        MigrateError::FailedHalfWay { .. } => anyhow!("{error}\n{UNDO_HALF}"),
        _ => error.into(),
    }
}

/// What is said of somebody who died in the middle of a migration.
pub(super) fn interruption(run: &MigrationRun) -> String {
    format!(
        "Somebody stopped in the middle of it: {}. What a transaction holds is then done whole or not at all; \
         arvlite db history tells which, and the next upgrade goes on from there.",
        told(run)
    )
}

fn told(run: &MigrationRun) -> String {
    let action = match run.action {
        MigrationAction::Upgrade => "applying",
        MigrationAction::Downgrade => "reverting",
    };
    let who = run.operator.as_ref().unwrap_or(&run.database_role);
    format!("{who} began {action} {} at {}", run.revision, run.started_at.format("%Y-%m-%d %H:%M:%S UTC"))
}

const UNDO_HALF: &str = "Undo the half with\n  arvlite db downgrade -1\nand then\n  arvlite db upgrade";

fn in_words(state: &State, address: &str) -> Option<String> {
    Some(match state {
        State::Current => return None,
        State::Empty => format!(
            "{address} is empty: it has no schema yet. Make one with\n  arvlite db upgrade\n\
             or start with\n  arvlite serve --migrate"
        ),
        State::Foreign { tables } => format!(
            "{address} is somebody else's: it has tables that are not ours ({}). Name a database of our own in \
             DATABASE_URL; if the server has none of that name, make it with\n  arvlite db upgrade --create",
            some_of(tables)
        ),
        State::Behind { pending } => format!(
            "the schema is behind this program in {address}. To be applied:\n  {}\nApply with\n  \
             arvlite db upgrade\nor start with\n  arvlite serve --migrate",
            pending.join("\n  ")
        ),
        State::Ahead { unknown } => format!(
            "the schema is ahead of this program in {address}: a later version applied\n  {}\nRun that version, or \
             revert with it (arvlite db downgrade)",
            unknown.join("\n  ")
        ),
        State::Edited { names } => format!(
            "a migration was edited after it was applied to {address}:\n  {}\nThe database has what its earlier text \
             made. Put that text back and change the schema in a new migration, or, where what it brought may go, \
             revert it and apply it again:\n  arvlite db downgrade --dry-run\n  arvlite db downgrade\n  \
             arvlite db upgrade",
            names.join("\n  ")
        ),
        State::HalfApplied(Half { name, action, failure }) => {
            let done = match action {
                MigrationAction::Upgrade => "applied",
                MigrationAction::Downgrade => "reverted",
            };
            let why = failure.as_ref().map_or_else(String::new, |why| format!("\nWhat was in the way: {why}"));
            format!(
                "the migration {name} is half {done} in {address}: it runs in no transaction, and somebody stopped in \
                 the middle.{why}\n{UNDO_HALF}"
            )
        }
    })
}

/// The first few of many names.
fn some_of(names: &[String]) -> String {
    let shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 { format!("{shown} and {} more", names.len() - 5) } else { shown }
}
