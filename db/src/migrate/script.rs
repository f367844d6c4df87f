//! What running migrations comes to, as SQL.

use super::{Migration, lint, report};
use crate::models::MigrationAction;

/// The statements that running these migrations sends, in order, with what the lint says of them in comments.
#[must_use]
pub fn script(migrations: &[&'static Migration], action: MigrationAction) -> String {
    let one = |migration: &&'static Migration| {
        let version = migration.version();
        let (text, note) = match action {
            MigrationAction::Upgrade => {
                (migration.up, format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');"))
            }
            MigrationAction::Downgrade => {
                (migration.down, format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}';"))
            }
        };
        let findings = match action {
            MigrationAction::Upgrade => commented(&report(&lint(migration))),
            MigrationAction::Downgrade => String::new(),
        };
        let text = text.trim_end();
        let (begin, commit) = if migration.in_transaction { ("BEGIN;\n", "COMMIT;\n") } else { ("", "") };
        format!("-- {}\n{findings}{begin}{text}\n{note}\n{commit}", migration.name)
    };
    migrations.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn commented(text: &str) -> String {
    text.lines().map(|line| format!("-- {line}\n")).collect()
}
