//! Applying and reverting, one process at a time.

use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::MigrationHarness;

use super::diesels::Failure;
use super::standing::LOCK;
use super::{DownTo, Migration, Migrations, RevisionError, State, UpTo, log};
use crate::models::MigrationAction;
use crate::prepared::Prepared;
use crate::{Db, DbError, Result};

/// How often whoever waits for another upgrade asks whether it ended.
const ASKED_AGAIN: std::time::Duration = std::time::Duration::from_millis(200);

/// What happens meanwhile.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    /// Somebody else changes the schema; this waits for them to end.
    Waits,
    /// A migration was applied or reverted.
    Done {
        /// Its name.
        name: &'static str,
        /// Which way it was run.
        action: MigrationAction,
        /// How long that took.
        duration_ms: i64,
    },
}

/// Why the schema could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database did not answer, or refused a statement outside of a migration.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The schema is in no state to be changed so.
    #[error("the schema is in no state to be changed: {0:?}")]
    Refused(State),
    /// It was not said where to go.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A migration failed; it was rolled back, the earlier ones stay applied.
    #[error("the migration {name} failed and was rolled back; what ran before it stays.\n{why}")]
    Failed {
        /// Its name.
        name: &'static str,
        /// In the database's words.
        why: String,
    },
    /// A migration failed that runs in no transaction: a part of it stays.
    #[error(
        "the migration {name} failed in the middle. It runs in no transaction, so what it did before that stays.\n{why}"
    )]
    FailedHalfWay {
        /// Its name.
        name: &'static str,
        /// In the database's words.
        why: String,
    },
    /// The program stopped in the middle of a migration.
    #[error("the migration {name} was not ended: {why}")]
    Stopped {
        /// Its name.
        name: &'static str,
        /// Why.
        why: String,
    },
    /// `lower()` and ILIKE would ignore only the case of ASCII.
    #[error(
        "search would not ignore the case of letters outside ASCII in this database, whose encoding is {encoding} and \
         whose LC_CTYPE is {character_type}: create it with \
         TEMPLATE template0 ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' (or a language's UTF-8 locale)"
    )]
    CharacterType {
        /// The server's encoding of this database.
        encoding: String,
        /// Its character type.
        character_type: String,
    },
}

impl Migrations {
    /// Applies what is pending, so far, and gives the names of it. Two upgrades at once wait for each other.
    ///
    /// # Errors
    /// When the database does not answer, is in no state to be upgraded, cannot serve this program, or a migration
    /// fails.
    pub async fn upgrade(
        self,
        db: &Db,
        to: UpTo,
        tell: &(dyn Fn(Progress) + Sync),
    ) -> std::result::Result<Vec<&'static str>, MigrateError> {
        let mut connection = locked(db, tell).await?;
        check_character_type(&mut connection).await?;
        let migrations = self.read_standing(&mut connection, true).await?.upgradable(to)?;
        run_all(connection, &migrations, MigrationAction::Upgrade, tell).await
    }

    /// Reverts what was applied last, so far, and gives the names of it. Of what is half applied the rest is undone.
    /// The log stays.
    ///
    /// # Errors
    /// When the database does not answer, holds what this program does not know, or a migration fails.
    pub async fn downgrade(
        self,
        db: &Db,
        to: DownTo,
        tell: &(dyn Fn(Progress) + Sync),
    ) -> std::result::Result<Vec<&'static str>, MigrateError> {
        let mut connection = locked(db, tell).await?;
        let migrations = self.read_standing(&mut connection, true).await?.downgradable(to)?;
        run_all(connection, &migrations, MigrationAction::Downgrade, tell).await
    }
}

async fn run_all(
    mut connection: AsyncPgConnection,
    migrations: &[&'static Migration],
    action: MigrationAction,
    tell: &(dyn Fn(Progress) + Sync),
) -> std::result::Result<Vec<&'static str>, MigrateError> {
    log::make(&mut connection).await?;
    log::settle(&mut connection).await?;
    let mut names = Vec::new();
    for migration in migrations {
        let id = log::start(&mut connection, migration, action).await?;
        let (used, ran) = run(connection, migration, action).await?;
        connection = used;
        if let Err(failure) = ran {
            return Err(failed(&mut connection, id, migration, failure).await);
        }
        let duration_ms = log::end(&mut connection, id, None).await?;
        tell(Progress::Done { name: migration.name, action, duration_ms });
        names.push(migration.name);
    }
    Ok(names)
}

/// Runs one by Diesel's own, blocking, interface, which also keeps its table of those that are applied.
async fn run(
    connection: AsyncPgConnection,
    migration: &'static Migration,
    action: MigrationAction,
) -> std::result::Result<(AsyncPgConnection, std::result::Result<(), Failure>), MigrateError> {
    let ran = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let ran = match action {
            MigrationAction::Upgrade => harness.run_migration(migration),
            MigrationAction::Downgrade => harness.revert_migration(migration),
        };
        (harness.into_inner(), ran.map(drop).map_err(Failure::from))
    });
    ran.await.map_err(|stopped| MigrateError::Stopped { name: migration.name, why: stopped.to_string() })
}

/// Logs the failure, if there is still somebody to log it, and tells it.
async fn failed(
    connection: &mut AsyncPgConnection,
    id: i64,
    migration: &'static Migration,
    failure: Failure,
) -> MigrateError {
    let why = failure.in_words();
    let logged = log::end(connection, id, Some(why.clone())).await;
    match (DbError::from(failure.error), logged) {
        // The connection is gone: whoever comes next finds out how far it went.
        (unavailable @ DbError::Unavailable(_), _) | (_, Err(unavailable @ DbError::Unavailable(_))) => {
            MigrateError::Db(unavailable)
        }
        _ if migration.in_transaction => MigrateError::Failed { name: migration.name, why },
        _ => MigrateError::FailedHalfWay { name: migration.name, why },
    }
}

/// Refuses a database that knows the case of ASCII letters only.
pub(crate) async fn check_character_type(connection: &mut AsyncPgConnection) -> std::result::Result<(), MigrateError> {
    let (encoding, character_type): (String, String) = Prepared::<(Text, Text)>::new(
        "SELECT pg_encoding_to_char(encoding)::text, datctype::text FROM pg_database WHERE datname = current_database()",
    )
    .get_result(connection)
    .await
    .map_err(DbError::from)?;
    let knows_case = Prepared::<Bool>::new("SELECT lower('Ж') = 'ж'");
    if encoding == "UTF8" && knows_case.get_result(connection).await.map_err(DbError::from)? {
        return Ok(());
    }
    Err(MigrateError::CharacterType { encoding, character_type })
}

/// A connection that holds the lock until it is closed, and whose statements may take their time.
async fn locked(db: &Db, tell: &(dyn Fn(Progress) + Sync)) -> Result<AsyncPgConnection> {
    let mut connection = patient(db).await?;
    let mut told = false;
    // Asked again and again rather than waited for in a statement: that would hold a snapshot, for whose end an index
    // that is made CONCURRENTLY waits.
    while !try_lock(&mut connection).await? {
        if !std::mem::replace(&mut told, true) {
            tell(Progress::Waits);
        }
        tokio::time::sleep(ASKED_AGAIN).await;
    }
    Ok(connection)
}

async fn try_lock(connection: &mut AsyncPgConnection) -> Result<bool> {
    let lock = Prepared::<Bool>::new("SELECT pg_try_advisory_lock(?)").bind::<BigInt, _>(LOCK);
    Ok(lock.get_result(connection).await?)
}

/// A connection whose statements may take their time.
pub(super) async fn patient(db: &Db) -> Result<AsyncPgConnection> {
    let mut connection = db.own_connection().await?;
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0").await?;
    Ok(connection)
}
