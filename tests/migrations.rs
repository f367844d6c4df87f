//! The schema's way up and down, and what a database is said to be on each step of it.

use arvlite_db::migrate::{self, MigrateError, State};
use arvlite_db::{ConnectOptions, Db, DbError};
use tokio_postgres::NoTls;

use crate::support::{empty_database, fresh_database};

fn db(url: &str) -> Db {
    Db::new(ConnectOptions::new(url)).unwrap()
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Everything that migrations can make, as text.
async fn catalog(url: &str) -> Vec<String> {
    let client = client(url).await;
    let rows = client.query(CATALOG, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
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
async fn down_leaves_nothing_and_up_again_gives_the_same() {
    let url = empty_database().await;
    let db = db(&url);
    let before = catalog(&url).await;

    let applied = migrate::upgrade(&db).await.unwrap();
    let first = catalog(&url).await;
    assert!(first.len() > before.len() + 100);

    let mut reverted = migrate::downgrade(&db, usize::MAX).await.unwrap();
    reverted.reverse();
    assert_eq!(reverted, applied);
    assert_eq!(catalog(&url).await, before);

    assert_eq!(migrate::upgrade(&db).await.unwrap(), applied);
    assert_eq!(catalog(&url).await, first);
}

#[tokio::test]
async fn each_migration_undoes_what_it_did() {
    let url = empty_database().await;
    let db = db(&url);
    let count = migrate::upgrade(&db).await.unwrap().len();
    for steps in 1..count {
        let whole = catalog(&url).await;
        assert_eq!(migrate::downgrade(&db, steps).await.unwrap().len(), steps);
        assert_eq!(migrate::upgrade(&db).await.unwrap().len(), steps);
        assert_eq!(catalog(&url).await, whole, "down and up by {steps}");
    }
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
    assert_eq!(migrate::current(&db).await.unwrap(), None);

    let applied = migrate::upgrade(&db).await.unwrap();
    assert_eq!(migrate::state(&db).await.unwrap(), State::Current);
    let last = migrate::current(&db).await.unwrap().unwrap();
    assert!(migrate::upgrade(&db).await.unwrap().is_empty());

    let reverted = migrate::downgrade(&db, 1).await.unwrap();
    assert_eq!(reverted, applied[applied.len() - 1..]);
    assert_eq!(migrate::state(&db).await.unwrap(), State::Behind { pending: reverted });
    assert!(migrate::current(&db).await.unwrap().unwrap() < last);

    client(&url)
        .await
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')")
        .await
        .unwrap();
    let unknown = vec!["99990101000000".to_owned()];
    assert_eq!(migrate::state(&db).await.unwrap(), State::Ahead { unknown });
    assert!(matches!(migrate::upgrade(&db).await, Err(MigrateError::Ahead(_))));
    assert!(matches!(migrate::downgrade(&db, 1).await, Err(MigrateError::Ahead(_))));

    let forget = "DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'";
    client(&url).await.batch_execute(forget).await.unwrap();
    migrate::downgrade(&db, usize::MAX).await.unwrap();
    assert_eq!(migrate::state(&db).await.unwrap(), State::Empty);
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
