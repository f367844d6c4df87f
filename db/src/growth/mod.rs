//! Makes a database as big as those of years of work: for looking at plans, for measuring, and for trying things out.
//!
//! The rows are made by the server itself, a statement a table, in one transaction: all of them are there or none. They
//! are the same whenever the same is asked for: what looks random is a hash of a row's number. How many of what, and
//! which rows hang together, is planned in temporary tables (`plan_*.sql`); every other file fills the table that it is
//! named after. Not here: files of media, passwords, and whether a database may be filled at all.

use std::time::{Duration, Instant};

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use diesel::sql_types::{Array, BigInt, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::prepared::Prepared;
use crate::{Db, Result};

/// The setting that tells what a database has grown to.
pub const SETTING: &str = "growth";

const VIEWS: &str = "ar_view_sessions";
/// Views written by one statement.
const VIEWS_AT_ONCE: i64 = 50_000;

macro_rules! sql {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!($name, ".sql")))),*]
    };
}

/// What is wanted, decided before any row is written.
const PLANS: &[(&str, &str)] = sql!["plan_studios" "plan_orders" "plan_views"];

/// Each table with the statements that fill it, parents first; after them come the views.
const TABLES: &[(&str, &str)] = sql![
    "companies"
    "users"
    "memberships"
    "api_keys"
    "clients"
    "storage_connections"
    "storage_folders"
    "projects"
    "folders"
    "media"
    "uploads"
    "ar_content"
    "videos"
    "video_schedules"
    "video_rotation_schedules"
    "video_rotation_items"
    "video_rotation_dates"
    "notifications"
    "email_queue"
    "audit_log"
];

/// How much there is to be.
#[derive(Debug, Clone)]
pub struct Growth {
    /// Studios: a few big ones, most of them small.
    pub companies: i64,
    /// Orders of all studios; three times as many videos.
    pub contents: i64,
    /// Views, over the year before `until`: of a few orders thousands, of most a handful.
    pub view_sessions: i64,
    /// The day at whose beginning the history ends.
    pub until: DateTime<Utc>,
    /// What the people's passwords are checked against.
    pub hashed_password: String,
    /// The companies whose photos and videos the studios share: nobody's real ones.
    pub files_of: Vec<i64>,
}

/// What a growth tells while it goes on.
#[derive(Debug, Clone, Copy)]
pub enum Told {
    /// Work on a table begins.
    Begun {
        /// The table, or what else is done.
        what: &'static str,
    },
    /// A part of a table is there.
    Partly {
        /// Rows so far.
        done: i64,
        /// Rows in all.
        of: i64,
    },
    /// A table is filled.
    Done {
        /// The table, or what else was done.
        what: &'static str,
        /// Rows that it has now; none where nothing is counted.
        rows: Option<i64>,
        /// How long it took.
        took: Duration,
    },
}

impl Growth {
    /// At a thousand: 1,000 studios, 50,000 orders, 150,000 videos and a million views.
    #[must_use]
    pub fn of_scale(scale: u32, until: DateTime<Utc>, hashed_password: String, files_of: Vec<i64>) -> Self {
        let scale = i64::from(scale);
        let (contents, view_sessions) = (50 * scale, 1000 * scale);
        Self { companies: scale, contents, view_sessions, until, hashed_password, files_of }
    }
}

/// Adds rows to a database whose schema is current, in one transaction, and has the server look at what it has become.
/// Whoever else writes to it waits.
///
/// # Errors
/// When a statement fails; then nothing was added.
pub async fn grow(db: &Db, growth: &Growth, tell: &mut (dyn FnMut(Told) + Send)) -> Result<()> {
    let mut connection = db.own_connection().await?;
    connection.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0; BEGIN").await?;
    timed("what is wanted", tell, plan(&mut connection, growth)).await?;
    for (table, statements) in TABLES {
        timed(table, tell, fill(&mut connection, table, statements)).await?;
    }
    views(&mut connection, growth.view_sessions, tell).await?;
    timed("view_events", tell, fill(&mut connection, "view_events", include_str!("view_events.sql"))).await?;
    connection.batch_execute(include_str!("afterwards.sql")).await?;
    // Whoever adds rows next counts on from here.
    for table in numbered() {
        let sequence = format!("pg_get_serial_sequence('{table}', 'id')");
        let last = format!("greatest(nextval({sequence}), (SELECT max(id) FROM {table}))");
        connection.batch_execute(&format!("SELECT setval({sequence}, {last})")).await?;
    }
    timed("commit", tell, done(connection.batch_execute("COMMIT"))).await?;
    timed("analyze", tell, done(connection.batch_execute("VACUUM ANALYZE"))).await
}

/// Where the bytes of a medium that was made here are to be: the same as another object's.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The object that is there.
    pub from: String,
    /// The object that is to be there.
    pub to: String,
}

/// The objects that media made here stand for, wherever a medium of these companies has the same bytes.
///
/// # Errors
/// When the statement fails.
pub async fn copies(db: &Db, files_of: &[i64]) -> Result<Vec<Copy>> {
    let mut connection = db.own_connection().await?;
    let pairs = Prepared::<(Text, Text)>::new(include_str!("copies.sql"));
    let pairs = pairs.bind::<Array<BigInt>, _>(files_of.to_vec());
    let pairs: Vec<(String, String)> = pairs.load(&mut connection).await?;
    Ok(pairs.into_iter().map(|(from, to)| Copy { from, to }).collect())
}

/// The tables whose rows are given their ids here.
fn numbered() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(table, _)| *table).chain([VIEWS])
}

async fn plan(connection: &mut AsyncPgConnection, growth: &Growth) -> Result<Option<i64>> {
    let until = growth.until.duration_trunc(TimeDelta::days(1)).unwrap_or(growth.until);
    connection.batch_execute(include_str!("wishes.sql")).await?;
    // Ids are counted from what is there, so nobody else may add rows meanwhile.
    for table in numbered() {
        connection.batch_execute(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    Prepared::<()>::new("INSERT INTO growth VALUES (?, ?, ?, ?, ?, ?)")
        .bind::<BigInt, _>(growth.companies)
        .bind::<BigInt, _>(growth.contents)
        .bind::<BigInt, _>(growth.view_sessions)
        .bind::<Timestamptz, _>(until)
        .bind::<Text, _>(growth.hashed_password.clone())
        .bind::<Array<BigInt>, _>(growth.files_of.clone())
        .execute(connection)
        .await?;
    for (_, statements) in PLANS {
        connection.batch_execute(statements).await?;
    }
    Ok(None)
}

async fn fill(connection: &mut AsyncPgConnection, table: &str, statements: &str) -> Result<Option<i64>> {
    connection.batch_execute(statements).await?;
    let count = diesel::dsl::sql::<BigInt>(&format!("SELECT count(*) FROM {table}"));
    Ok(Some(count.get_result(connection).await?))
}

async fn views(connection: &mut AsyncPgConnection, all: i64, tell: &mut (dyn FnMut(Told) + Send)) -> Result<()> {
    let began = Instant::now();
    tell(Told::Begun { what: VIEWS });
    let mut written = 0;
    while written < all {
        let through = all.min(written + VIEWS_AT_ONCE);
        Prepared::<()>::new(include_str!("ar_view_sessions.sql"))
            .bind::<BigInt, _>(written + 1)
            .bind::<BigInt, _>(through)
            .execute(connection)
            .await?;
        written = through;
        tell(Told::Partly { done: written, of: all });
    }
    let rows = fill(connection, VIEWS, "").await?;
    tell(Told::Done { what: VIEWS, rows, took: began.elapsed() });
    Ok(())
}

async fn timed(
    what: &'static str,
    tell: &mut (dyn FnMut(Told) + Send),
    work: impl Future<Output = Result<Option<i64>>>,
) -> Result<()> {
    let began = Instant::now();
    tell(Told::Begun { what });
    let rows = work.await?;
    tell(Told::Done { what, rows, took: began.elapsed() });
    Ok(())
}

async fn done(work: impl Future<Output = diesel::QueryResult<()>>) -> Result<Option<i64>> {
    work.await?;
    Ok(None)
}
