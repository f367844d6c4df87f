//! The schema's migrations: embedded in the program, applied without libpq, one process at a time, and logged.
//!
//! Their folders, and the table of those that are applied, are as Diesel's own tools know them; what was done when and
//! by whom is in `migrations_log`. Not here: what a person is told about it, which is `arvlite db`'s.
//!
//! | file | what |
//! | --- | --- |
//! | `migration.rs` | what a program knows, and what a person calls it |
//! | `standing.rs` | how a database stands to that |
//! | `plan.rs` | which migrations a wish comes to |
//! | `run.rs` | doing it, under the lock |
//! | `diesels.rs` | a migration as Diesel runs it |
//! | `log.rs` | the runner's own two tables |
//! | `losses.rs` | what a way back costs |
//! | `script.rs` | what it would send, as text |
//! | `sql.rs` | a text of SQL as statements and words |
//! | `lint.rs` | what of a migration would hold up a busy database |
//!
//! Start at [`Migrations`] and [`Standing`].

mod diesels;
mod lint;
mod log;
mod losses;
mod migration;
mod plan;
mod run;
mod script;
mod sql;
mod standing;

pub use lint::{Finding, Rule, lint, report};
pub use losses::{Loss, losses};
pub use migration::{Migration, Migrations, RevisionError};
pub use plan::{DownTo, UpTo};
pub(crate) use run::check_character_type;
pub use run::{MigrateError, Progress};
pub use script::script;
pub use standing::{Half, Standing, State, Step};

use crate::{Db, Result};

/// How the schema stands to this program. Reads only.
///
/// # Errors
/// When the database does not answer: an unreachable database is in no state.
pub async fn state(db: &Db) -> Result<State> {
    Ok(Migrations::embedded().standing(db).await?.state())
}

/// Applies what is pending, and tells the names of it. Two upgrades at once wait for each other.
///
/// # Errors
/// When the database does not answer, is in no state to be upgraded, cannot serve this program, or a migration fails.
pub async fn upgrade(db: &Db) -> std::result::Result<Vec<&'static str>, MigrateError> {
    Migrations::embedded().upgrade(db, UpTo::Latest, &|_| {}).await
}
