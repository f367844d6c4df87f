//! How a database stands to the migrations that a program knows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::migration::version_of;
use super::{Migration, Migrations, log};
use crate::models::{MigrationAction, MigrationRun, MigrationRunStatus};
use crate::prepared::Prepared;
use crate::{Db, Result};

/// Names the lock that keeps two upgrades apart.
pub(super) const LOCK: i64 = 0x0041_5256_4c49_5445;

/// How the schema of a database stands to a program, in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing was ever applied, and nobody else's tables are there.
    Empty,
    /// Nothing of ours was ever applied, but there are tables.
    Foreign {
        /// Their names.
        tables: Vec<String>,
    },
    /// These migrations are still to be applied, in this order.
    Behind {
        /// Names of migrations.
        pending: Vec<String>,
    },
    /// Just what this program expects.
    Current,
    /// The database was upgraded by a later program, which knows these migrations.
    Ahead {
        /// Their names, or versions where nobody logged a name.
        unknown: Vec<String>,
    },
    /// These migrations were applied with another text than the one that this program has.
    Edited {
        /// Names of migrations.
        names: Vec<String>,
    },
    /// A migration that cannot run in a transaction was left in the middle.
    HalfApplied(Half),
}

/// A migration in the middle of which somebody stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Half {
    /// Its name.
    pub name: String,
    /// Which way it was going.
    pub action: MigrationAction,
    /// What was in the way, if anybody could still say.
    pub failure: Option<String>,
}

/// A migration that the program knows, the database has, or both.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its name, or its version where nobody knows a name.
    pub name: String,
    /// What the program knows of it.
    pub migration: Option<&'static Migration>,
    /// Since when the database has it.
    pub applied_at: Option<DateTime<Utc>>,
    /// Whether it was applied with another text than the program's.
    pub is_edited: bool,
    /// Whether somebody stopped in the middle of it.
    pub half: Option<Half>,
}

/// All that is to be known about the schema of a database.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Every migration, oldest first.
    pub steps: Vec<Step>,
    /// What was ever done, oldest first.
    pub log: Vec<MigrationRun>,
    /// Whether somebody changes the schema right now.
    pub is_changing: bool,
    strangers: Vec<String>,
}

impl Migrations {
    /// How a database stands to them. Reads only.
    ///
    /// # Errors
    /// When the database does not answer: an unreachable database is in no state.
    pub async fn standing(self, db: &Db) -> Result<Standing> {
        self.read_standing(&mut db.own_connection().await?, false).await
    }

    /// The same, over a connection that may be the one that holds the lock.
    pub(super) async fn read_standing(self, connection: &mut AsyncPgConnection, holds_lock: bool) -> Result<Standing> {
        let (has_versions, has_log): (bool, bool) = Prepared::<(Bool, Bool)>::new(
            "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL, to_regclass('migrations_log') IS NOT NULL",
        )
        .get_result(connection)
        .await?;
        let log = if has_log { log::read(connection).await? } else { Vec::new() };
        let applied: Vec<(String, DateTime<Utc>)> =
            if has_versions { Prepared::<(Text, Timestamptz)>::new(APPLIED).load(connection).await? } else { vec![] };
        let strangers =
            if applied.is_empty() { Prepared::<Text>::new(STRANGERS).load(connection).await? } else { vec![] };
        let is_changing =
            !holds_lock && Prepared::<Bool>::new(IS_LOCKED).bind::<BigInt, _>(LOCK).get_result(connection).await?;
        let steps = self.steps(&applied.into_iter().collect(), &log, is_changing);
        Ok(Standing { steps, log, is_changing, strangers })
    }

    fn steps(self, applied: &BTreeMap<String, DateTime<Utc>>, log: &[MigrationRun], is_changing: bool) -> Vec<Step> {
        let last_run = |version: &str| log.iter().rev().find(|run| version_of(&run.revision) == version);
        let text_applied = |version: &str| {
            let upgrade = |run: &&MigrationRun| {
                (run.action, run.status) == (MigrationAction::Upgrade, MigrationRunStatus::Done)
                    && version_of(&run.revision) == version
            };
            log.iter().rev().find(upgrade).map(|run| run.checksum.as_str())
        };
        let known = self.all().iter().map(|migration| (migration.version(), Some(migration)));
        let mut versions: BTreeMap<String, Option<&'static Migration>> =
            applied.keys().map(|version| (version.clone(), None)).collect();
        versions.extend(known);
        let step = |(version, migration): (String, Option<&'static Migration>)| {
            let applied_at = applied.get(&version).copied();
            let run = last_run(&version);
            let logged_name = run.map(|run| run.revision.clone());
            let is_edited = applied_at.is_some()
                && migration.zip(text_applied(&version)).is_some_and(|(migration, sum)| migration.checksum() != sum);
            let half = run
                .filter(|_| migration.is_some_and(|migration| !migration.in_transaction))
                .filter(|run| is_unfinished(run, applied_at.is_some(), is_changing))
                .map(|run| Half { name: run.revision.clone(), action: run.action, failure: run.failure.clone() });
            let name = migration.map(|migration| migration.name.to_owned()).or(logged_name).unwrap_or(version);
            Step { name, migration, applied_at, is_edited, half }
        };
        versions.into_iter().map(step).collect()
    }
}

/// Whether nobody will go on with what was started. What Diesel's table agrees with was done, said or not.
fn is_unfinished(run: &MigrationRun, is_applied: bool, is_changing: bool) -> bool {
    match run.status {
        MigrationRunStatus::Done => false,
        MigrationRunStatus::Failed => true,
        MigrationRunStatus::Started => !is_changing && (run.action == MigrationAction::Upgrade) != is_applied,
    }
}

impl Standing {
    /// How the schema stands, in one word: the worst.
    #[must_use]
    pub fn state(&self) -> State {
        let names = |of: &dyn Fn(&Step) -> bool| -> Vec<String> {
            self.steps.iter().filter(|step| of(step)).map(|step| step.name.clone()).collect()
        };
        let is_ours = |step: &Step| step.applied_at.is_some() && step.migration.is_some();
        let unknown = names(&|step| step.migration.is_none());
        let pending = names(&|step| step.applied_at.is_none());
        let edited = names(&|step| step.is_edited);
        if let Some(half) = self.steps.iter().find_map(|step| step.half.clone()) {
            State::HalfApplied(half)
        } else if !self.steps.iter().any(is_ours) {
            match (self.strangers.is_empty(), unknown.is_empty()) {
                (true, true) => State::Empty,
                (false, true) => State::Foreign { tables: self.strangers.clone() },
                (_, false) => State::Foreign { tables: vec!["__diesel_schema_migrations".to_owned()] },
            }
        } else if !unknown.is_empty() {
            State::Ahead { unknown }
        } else if !edited.is_empty() {
            State::Edited { names: edited }
        } else if pending.is_empty() {
            State::Current
        } else {
            State::Behind { pending }
        }
    }

    /// The name of the migration that was applied last.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.steps.iter().rev().find(|step| step.applied_at.is_some()).map(|step| step.name.as_str())
    }

    /// What was started by somebody who died.
    pub fn interrupted(&self) -> impl Iterator<Item = &MigrationRun> {
        self.log.iter().filter(|run| run.status == MigrationRunStatus::Started && !self.is_changing)
    }

    /// What is being done right now.
    #[must_use]
    pub fn running(&self) -> Option<&MigrationRun> {
        self.log.iter().rfind(|run| run.status == MigrationRunStatus::Started && self.is_changing)
    }
}

/// Diesel's table has no time zone; its default was taken in the session's.
const APPLIED: &str = "
    SELECT version::text, run_on AT TIME ZONE current_setting('TimeZone') FROM __diesel_schema_migrations";

/// Tables that no migration of ours made. Those of extensions are nobody's.
const STRANGERS: &str = "
    SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f')
        AND c.relname NOT IN ('__diesel_schema_migrations', 'migrations_log')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname";

const IS_LOCKED: &str = "
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (classid::bigint << 32) | objid::bigint = ?
    )";
