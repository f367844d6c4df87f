//! The schema's migrations: embedded in the program, applied without libpq, one process at a time.

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::prepared::Prepared;
use crate::{Db, DbError, Result};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Names the lock that keeps two upgrades apart.
const LOCK: i64 = 0x0041_5256_4c49_5445;

/// How the schema of a database stands to this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Nothing was ever applied.
    Empty,
    /// These migrations are still to be applied, in this order.
    Behind {
        /// Names of migrations.
        pending: Vec<String>,
    },
    /// Just what this program expects.
    Current,
    /// The database was upgraded by a later program, which knows these versions.
    Ahead {
        /// Versions that this program does not know.
        unknown: Vec<String>,
    },
}

/// Why the schema could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database did not answer, or refused a statement outside of a migration.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A migration failed; it was rolled back, the earlier ones stay applied.
    #[error("a migration failed and was rolled back: {0}")]
    Failed(String),
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
    /// The database is ahead of this program.
    #[error("the database was upgraded by a later version of the program, which knows {0}")]
    Ahead(String),
}

/// How the schema stands. Reads only.
///
/// # Errors
/// When the database does not answer: an unreachable database is in no state.
pub async fn state(db: &Db) -> Result<State> {
    let mut connection = db.own_connection().await?;
    let applied = applied(&mut connection).await?;
    let known = known();
    let unknown: Vec<String> =
        applied.iter().filter(|version| !known.iter().any(|(known, _)| known == *version)).cloned().collect();
    let pending: Vec<String> =
        known.iter().filter(|(version, _)| !applied.contains(version)).map(|(_, name)| name.clone()).collect();
    Ok(match (applied.is_empty(), unknown.is_empty(), pending.is_empty()) {
        (true, ..) => State::Empty,
        (_, false, _) => State::Ahead { unknown },
        (_, _, false) => State::Behind { pending },
        _ => State::Current,
    })
}

/// The version that was applied last.
///
/// # Errors
/// When the database does not answer.
pub async fn current(db: &Db) -> Result<Option<String>> {
    let mut connection = db.own_connection().await?;
    Ok(applied(&mut connection).await?.pop())
}

/// Applies what is pending and tells the names of it. Two upgrades at once wait for each other.
///
/// # Errors
/// When the database does not answer, is ahead, cannot serve this program, or a migration fails.
pub async fn upgrade(db: &Db) -> std::result::Result<Vec<String>, MigrateError> {
    let mut connection = locked(db).await?;
    check_character_type(&mut connection).await?;
    if let State::Ahead { unknown } = state(db).await? {
        return Err(MigrateError::Ahead(unknown.join(", ")));
    }
    let (ran, _) = run(connection, |harness| {
        let pending = harness.pending_migrations(MIGRATIONS)?;
        pending.iter().map(|migration| harness.run_migration(migration).map(|_| migration.name().to_string())).collect()
    })
    .await?;
    Ok(ran)
}

/// Reverts the last migrations, at most this many, and tells the names of them. After the first one nothing is left.
///
/// # Errors
/// When the database does not answer, is ahead, or a migration fails.
pub async fn downgrade(db: &Db, steps: usize) -> std::result::Result<Vec<String>, MigrateError> {
    let connection = locked(db).await?;
    if let State::Ahead { unknown } = state(db).await? {
        return Err(MigrateError::Ahead(unknown.join(", ")));
    }
    let (reverted, mut connection) = run(connection, move |harness| {
        let applied = harness.applied_migrations()?;
        let embedded = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
        let newest_first = applied.iter().take(steps);
        newest_first
            .filter_map(|version| embedded.iter().find(|migration| migration.name().version() == *version))
            .map(|migration| harness.revert_migration(migration).map(|_| migration.name().to_string()))
            .collect()
    })
    .await?;
    if applied(&mut connection).await?.is_empty() {
        Prepared::<()>::new("DROP TABLE IF EXISTS __diesel_schema_migrations")
            .execute(&mut connection)
            .await
            .map_err(DbError::from)?;
    }
    Ok(reverted)
}

type Harness = AsyncMigrationHarness<AsyncPgConnection>;

/// Runs a step of the migrations' own, blocking, interface.
async fn run<F>(
    connection: AsyncPgConnection,
    step: F,
) -> std::result::Result<(Vec<String>, AsyncPgConnection), MigrateError>
where
    F: FnOnce(&mut Harness) -> diesel::migration::Result<Vec<String>> + Send + 'static,
{
    let ran = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(connection);
        let names = step(&mut harness).map_err(|error| MigrateError::Failed(error.to_string()))?;
        Ok((names, harness.into_inner()))
    });
    ran.await.map_err(|error| MigrateError::Failed(error.to_string()))?
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
async fn locked(db: &Db) -> Result<AsyncPgConnection> {
    let mut connection = db.own_connection().await?;
    Prepared::<Text>::new("SELECT set_config('statement_timeout', '0', false)").execute(&mut connection).await?;
    Prepared::<Text>::new("SELECT set_config('lock_timeout', '0', false)").execute(&mut connection).await?;
    Prepared::<()>::new("SELECT pg_advisory_lock(?)").bind::<BigInt, _>(LOCK).execute(&mut connection).await?;
    Ok(connection)
}

/// Versions that were applied, oldest first; none if no migration ever was.
async fn applied(connection: &mut AsyncPgConnection) -> Result<Vec<String>> {
    let exists: bool = Prepared::<Bool>::new("SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL")
        .get_result(connection)
        .await?;
    if !exists {
        return Ok(Vec::new());
    }
    let versions = Prepared::<Text>::new("SELECT version::text FROM __diesel_schema_migrations ORDER BY version");
    Ok(versions.load(connection).await?)
}

/// Version and name of each embedded migration, oldest first.
fn known() -> Vec<(String, String)> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations().unwrap_or_default();
    let mut known: Vec<(String, String)> = migrations
        .iter()
        .map(|migration| (migration.name().version().to_string(), migration.name().to_string()))
        .collect();
    known.sort();
    known
}
