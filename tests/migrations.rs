//! The schema's way up and down, and what a database is said to be on each step of it.

use std::collections::{BTreeMap, BTreeSet};

use arvlite_db::migrate::{self, DownTo, MigrateError, Migration, Migrations, State, UpTo};
use arvlite_db::models::MigrationRunStatus;
use arvlite_db::{ConnectOptions, Db, DbError};
use serde_json::{Map, Value};
use tokio_postgres::NoTls;

use crate::support::{TestApp, empty_database, fresh_database};

const OURS: Migrations = Migrations::embedded();

fn db(url: &str) -> Db {
    Db::new(&ConnectOptions::new(url)).unwrap()
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn run(url: &str, statements: &str) {
    client(url).await.batch_execute(statements).await.unwrap();
}

async fn up(migrations: Migrations, db: &Db, to: UpTo) -> Result<Vec<&'static str>, MigrateError> {
    migrations.upgrade(db, to, &|_| {}).await
}

async fn down(migrations: Migrations, db: &Db, to: DownTo) -> Result<Vec<&'static str>, MigrateError> {
    migrations.downgrade(db, to, &|_| {}).await
}

/// Everything that migrations can make, as text: not the runner's own two tables.
async fn catalog(url: &str) -> Vec<String> {
    let client = client(url).await;
    let rows = client.query(CATALOG, &[]).await.unwrap();
    let is_the_runners = |line: &String| line.contains("migrations_log") || line.contains("__diesel_schema_migrations");
    rows.iter().map(|row| row.get(0)).filter(|line| !is_the_runners(line)).collect()
}

const CATALOG: &str = "
    WITH ours AS (SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace)
    SELECT concat_ws(' ', 'column', c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
    FROM ours c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'index', pg_get_indexdef(oid)) FROM ours WHERE relkind IN ('i', 'I')
    UNION ALL
    SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(t.oid))
    FROM pg_trigger t JOIN ours ON ours.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT concat_ws(' ', 'function', proname, pg_get_function_identity_arguments(oid), prosrc)
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'type', typname, typtype) FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', 'extension', extname, extversion) FROM pg_extension
    ORDER BY 1";

#[tokio::test]
async fn down_leaves_nothing_but_the_log_and_up_again_gives_the_same() {
    let url = empty_database().await;
    let db = db(&url);
    let before = catalog(&url).await;

    let applied = migrate::upgrade(&db).await.unwrap();
    let first = catalog(&url).await;
    assert!(first.len() > before.len() + 100);

    let mut reverted = down(OURS, &db, DownTo::Base).await.unwrap();
    reverted.reverse();
    assert_eq!(reverted, applied);
    assert_eq!(catalog(&url).await, before);
    assert_eq!(OURS.standing(&db).await.unwrap().log.len(), 2 * applied.len());

    assert_eq!(migrate::upgrade(&db).await.unwrap(), applied);
    assert_eq!(catalog(&url).await, first);
}

#[tokio::test]
async fn each_migration_undoes_what_it_did_and_does_it_again() {
    let url = empty_database().await;
    let db = db(&url);
    let mut levels = vec![catalog(&url).await];
    for migration in OURS.all() {
        assert_eq!(up(OURS, &db, UpTo::Steps(1)).await.unwrap(), [migration.name]);
        levels.push(catalog(&url).await);
    }
    for (level, migration) in OURS.all().iter().enumerate().rev() {
        down(OURS, &db, DownTo::Steps(1)).await.unwrap();
        assert_eq!(catalog(&url).await, levels[level], "after {} is reverted", migration.name);
        up(OURS, &db, UpTo::Steps(1)).await.unwrap();
        assert_eq!(catalog(&url).await, levels[level + 1], "after {} is applied again", migration.name);
        down(OURS, &db, DownTo::Steps(1)).await.unwrap();
    }
}

/// The rows of each table, as objects.
async fn rows(url: &str) -> BTreeMap<String, Vec<Map<String, Value>>> {
    let client = client(url).await;
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname NOT IN ('migrations_log', '__diesel_schema_migrations')";
    let mut found = BTreeMap::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows = client.query(&format!("SELECT to_jsonb(t)::text FROM {table} t"), &[]).await.unwrap();
        let rows = rows.iter().map(|row| serde_json::from_str(row.get(0)).unwrap()).collect();
        found.insert(table, rows);
    }
    found
}

/// The rows of the tables that are on both sides, as far as their columns are.
fn kept(
    before: &BTreeMap<String, Vec<Map<String, Value>>>,
    after: &BTreeMap<String, Vec<Map<String, Value>>>,
) -> (BTreeMap<String, Vec<String>>, BTreeMap<String, Vec<String>>) {
    let columns =
        |rows: &[Map<String, Value>]| -> BTreeSet<String> { rows.iter().flat_map(|row| row.keys().cloned()).collect() };
    let narrowed = |rows: &[Map<String, Value>], to: &BTreeSet<String>| {
        let narrow = |row: &Map<String, Value>| {
            let row: Map<String, Value> = row.clone().into_iter().filter(|(column, _)| to.contains(column)).collect();
            Value::Object(row).to_string()
        };
        let mut rows: Vec<String> = rows.iter().map(narrow).collect();
        rows.sort();
        rows
    };
    let (mut left, mut right) = (BTreeMap::new(), BTreeMap::new());
    for (table, rows) in before {
        let Some(others) = after.get(table) else { continue };
        // Of a table that lost all its rows no column is known; then all of them are missed.
        let of_others = if others.is_empty() { columns(rows) } else { columns(others) };
        let both: BTreeSet<String> = columns(rows).intersection(&of_others).cloned().collect();
        left.insert(table.clone(), narrowed(rows, &both));
        right.insert(table.clone(), narrowed(others, &both));
    }
    (left, right)
}

#[tokio::test]
async fn a_way_down_and_up_keeps_every_row_whose_table_stays() {
    let url = fresh_database().await;
    TestApp::on(&url).await.everything("kept").await;
    let db = db(&url);
    let mut compared = 0;
    for migration in OURS.all().iter().rev() {
        let whole = rows(&url).await;
        down(OURS, &db, DownTo::Steps(1)).await.unwrap();
        let below = rows(&url).await;
        let (before, after) = kept(&whole, &below);
        assert_eq!(before, after, "{} is reverted", migration.name);
        compared += before.values().map(Vec::len).sum::<usize>();
        up(OURS, &db, UpTo::Steps(1)).await.unwrap();
        let (before, after) = kept(&below, &rows(&url).await);
        assert_eq!(before, after, "{} is applied again", migration.name);
        down(OURS, &db, DownTo::Steps(1)).await.unwrap();
    }
    assert!(compared > 20, "there were rows to keep: {compared}");
}

#[tokio::test]
async fn of_two_upgrades_at_once_the_second_waits_and_has_nothing_left_to_do() {
    let url = empty_database().await;
    let (one, other) = (db(&url), db(&url));
    let (one, other) = tokio::join!(migrate::upgrade(&one), migrate::upgrade(&other));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.is_empty() != other.is_empty(), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_database_is_empty_behind_current_or_ahead() {
    let url = empty_database().await;
    let db = db(&url);
    assert_eq!(migrate::state(&db).await.unwrap(), State::Empty);
    assert_eq!(OURS.standing(&db).await.unwrap().current(), None);

    let applied = migrate::upgrade(&db).await.unwrap();
    let last = applied[applied.len() - 1];
    assert_eq!(migrate::state(&db).await.unwrap(), State::Current);
    assert_eq!(OURS.standing(&db).await.unwrap().current(), Some(last));
    assert!(migrate::upgrade(&db).await.unwrap().is_empty());

    assert_eq!(down(OURS, &db, DownTo::Steps(1)).await.unwrap(), [last]);
    assert_eq!(migrate::state(&db).await.unwrap(), State::Behind { pending: vec![last.to_owned()] });
    assert_eq!(OURS.standing(&db).await.unwrap().current(), Some(applied[applied.len() - 2]));

    run(&url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')").await;
    let unknown = vec!["99990101000000".to_owned()];
    assert_eq!(migrate::state(&db).await.unwrap(), State::Ahead { unknown: unknown.clone() });
    let ahead = State::Ahead { unknown };
    assert!(matches!(migrate::upgrade(&db).await, Err(MigrateError::Refused(state)) if state == ahead));
    let refused = down(OURS, &db, DownTo::Steps(1)).await;
    assert!(matches!(refused, Err(MigrateError::Refused(state)) if state == ahead));

    run(&url, "DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'").await;
    down(OURS, &db, DownTo::Base).await.unwrap();
    assert_eq!(migrate::state(&db).await.unwrap(), State::Empty);
}

#[tokio::test]
async fn a_database_from_before_the_log_is_adopted() {
    let url = empty_database().await;
    let db = db(&url);
    migrate::upgrade(&db).await.unwrap();
    run(&url, "DROP TABLE migrations_log").await;
    let standing = OURS.standing(&db).await.unwrap();
    assert_eq!((standing.state(), standing.log.len()), (State::Current, 0));

    down(OURS, &db, DownTo::Steps(1)).await.unwrap();
    migrate::upgrade(&db).await.unwrap();
    let standing = OURS.standing(&db).await.unwrap();
    assert_eq!((standing.state(), standing.log.len()), (State::Current, 2));
    assert!(standing.log.iter().all(|run| run.status == MigrationRunStatus::Done && run.duration_ms.is_some()));
}

const TABLE: Migration = Migration {
    name: "2026-01-01-000001_table",
    up: "CREATE TABLE things (id int); INSERT INTO things VALUES (1), (1)",
    down: "DROP TABLE things",
    in_transaction: true,
};
const BROKEN: Migration = Migration {
    name: "2026-01-01-000002_broken",
    up: "CREATE TABLE others (id int);\nINSERT INTO things\n  VALUES (ident)",
    down: "DROP TABLE others",
    in_transaction: true,
};
const INDEX: Migration = Migration {
    name: "2026-01-01-000002_index",
    up: "CREATE TABLE others (id int);\nCREATE UNIQUE INDEX CONCURRENTLY things_id_key ON things (id)",
    down: "DROP INDEX CONCURRENTLY IF EXISTS things_id_key; DROP TABLE IF EXISTS others",
    in_transaction: false,
};
const EDITED: Migration = Migration { up: "CREATE TABLE things (id bigint)", ..TABLE };

#[tokio::test]
async fn of_a_migration_that_fails_nothing_is_left_and_the_log_says_why() {
    let url = empty_database().await;
    let db = db(&url);
    let migrations = Migrations::of(&[TABLE, BROKEN]);
    let failed = up(migrations, &db, UpTo::Latest).await.unwrap_err();
    let words = failed.to_string();
    assert!(words.contains(BROKEN.name) && words.contains("(line 3)") && words.contains("rolled back"), "{words}");
    let standing = migrations.standing(&db).await.unwrap();
    assert_eq!(standing.state(), State::Behind { pending: vec![BROKEN.name.to_owned()] });
    let last = standing.log.last().unwrap();
    assert_eq!((last.status, last.revision.as_str()), (MigrationRunStatus::Failed, BROKEN.name));
    assert!(last.failure.as_ref().unwrap().contains("ident"), "{last:?}");
    assert_eq!(rows(&url).await.into_keys().collect::<Vec<_>>(), ["things"]);
}

#[tokio::test]
async fn outside_of_a_transaction_a_half_is_seen_undone_and_done_again() {
    let url = empty_database().await;
    let db = db(&url);
    let migrations = Migrations::of(&[TABLE, INDEX]);
    let failed = up(migrations, &db, UpTo::Latest).await.unwrap_err();
    assert!(matches!(failed, MigrateError::FailedHalfWay { .. }), "{failed}");
    let half = migrations.standing(&db).await.unwrap().state();
    assert!(matches!(&half, State::HalfApplied(half) if half.failure.is_some()), "{half:?}");
    assert!(matches!(up(migrations, &db, UpTo::Latest).await, Err(MigrateError::Refused(state)) if state == half));

    assert_eq!(down(migrations, &db, DownTo::Steps(1)).await.unwrap(), [INDEX.name]);
    run(&url, "DELETE FROM things; INSERT INTO things VALUES (1)").await;
    assert_eq!(up(migrations, &db, UpTo::Latest).await.unwrap(), [INDEX.name]);
    assert_eq!(migrations.standing(&db).await.unwrap().state(), State::Current);
}

#[tokio::test]
async fn who_died_outside_of_a_transaction_is_told_from_who_still_works() {
    let url = empty_database().await;
    let db = db(&url);
    let migrations = Migrations::of(&[TABLE, INDEX]);
    up(migrations, &db, UpTo::Steps(1)).await.unwrap();
    let begun = "INSERT INTO migrations_log
            (revision, action, status, checksum, program_version, database_role, started_at)
        SELECT '2026-01-01-000002_index', action, 'STARTED', checksum, program_version, database_role, started_at
        FROM migrations_log";
    let working = client(&url).await;
    working.batch_execute(&format!("SELECT pg_advisory_lock({}); {begun}", 0x0041_5256_4c49_5445_i64)).await.unwrap();
    let standing = migrations.standing(&db).await.unwrap();
    assert!(standing.running().is_some() && matches!(standing.state(), State::Behind { .. }), "{standing:?}");
    working.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    let standing = migrations.standing(&db).await.unwrap();
    assert!(standing.running().is_none() && matches!(standing.state(), State::HalfApplied(_)), "{standing:?}");
    assert_eq!(down(migrations, &db, DownTo::Steps(1)).await.unwrap(), [INDEX.name]);
    assert!(matches!(migrations.standing(&db).await.unwrap().state(), State::Behind { .. }));
}

#[tokio::test]
async fn a_migration_that_was_edited_is_reverted_before_anything_else() {
    let url = empty_database().await;
    let db = db(&url);
    up(Migrations::of(&[TABLE]), &db, UpTo::Latest).await.unwrap();
    let edited = Migrations::of(&[EDITED, INDEX]);
    let names = vec![TABLE.name.to_owned()];
    assert_eq!(edited.standing(&db).await.unwrap().state(), State::Edited { names });
    assert!(matches!(up(edited, &db, UpTo::Latest).await, Err(MigrateError::Refused(State::Edited { .. }))));
    down(edited, &db, DownTo::Steps(1)).await.unwrap();
    up(edited, &db, UpTo::Latest).await.unwrap();
    assert_eq!(edited.standing(&db).await.unwrap().state(), State::Current);
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_in_no_state() {
    for url in ["postgres://nobody@127.0.0.1:1/none".to_owned(), format!("{}_missing", fresh_database().await)] {
        let db = db(&url);
        assert!(matches!(migrate::state(&db).await, Err(DbError::Unavailable(_))), "{url}");
        assert!(matches!(migrate::upgrade(&db).await, Err(MigrateError::Db(DbError::Unavailable(_)))), "{url}");
    }
}

#[tokio::test]
async fn a_database_that_knows_only_ascii_letters_is_refused() {
    let url = empty_database().await;
    let (server, name) = url.rsplit_once('/').unwrap();
    let ascii = format!("{name}_ascii");
    let create = format!("CREATE DATABASE {ascii} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    client(&url).await.batch_execute(&create).await.unwrap();
    let db = db(&format!("{server}/{ascii}"));
    let refusal = migrate::upgrade(&db).await.unwrap_err();
    assert!(refusal.to_string().contains("LC_CTYPE"), "{refusal}");
    assert_eq!(migrate::state(&db).await.unwrap(), State::Empty);
}
