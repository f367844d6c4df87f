//! `arvlite db` as a person or a script meets it, on databases in every state: words and exit codes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::process::{PATIENCE, arvlite, connect, ended};
use crate::support::{empty_database, fresh_database};

async fn db(words: &[&str], database_url: &str) -> (i32, String, String) {
    ended(arvlite(&[&["db"], words].concat()).env("DATABASE_URL", database_url)).await
}

/// A run that works out, and what it told.
async fn told(words: &[&str], database_url: &str) -> String {
    let (code, told, said) = db(words, database_url).await;
    assert_eq!(code, 0, "{words:?}: {told}{said}");
    told
}

/// A run that ends with this code, and what it said.
async fn refused(code: i32, words: &[&str], database_url: &str) -> String {
    let (ended_with, told, said) = db(words, database_url).await;
    assert_eq!(ended_with, code, "{words:?}: {told}{said}");
    said
}

async fn run(url: &str, statements: &str) {
    connect(url).await.batch_execute(statements).await.unwrap();
}

/// The first column of the first row.
async fn value<T: for<'a> tokio_postgres::types::FromSql<'a>>(url: &str, query: &str) -> T {
    connect(url).await.query_one(query, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn no_server_no_host_and_no_database_are_told_apart() {
    let nobody = refused(4, &["check"], "postgres://me:hidden@127.0.0.1:1/none").await;
    assert!(nobody.contains("refused") && nobody.contains("Is the server running"), "{nobody}");
    let unknown = refused(4, &["check"], "postgres://me:hidden@no-such-host.invalid/none").await;
    assert!(unknown.contains("no-such-host.invalid") && unknown.contains("spelt"), "{unknown}");

    let missing = format!("{}_missing", empty_database().await);
    for words in [["check"], ["upgrade"], ["history"]] {
        let absent = refused(4, &words, &missing).await;
        assert!(absent.contains("does not exist") && absent.contains("arvlite db upgrade --create"), "{absent}");
    }
    let made = told(&["upgrade", "--create"], &missing).await;
    assert!(made.starts_with("made ") && made.contains("applied "), "{made}");
    told(&["check"], &missing).await;
    assert!(told(&["upgrade", "--create"], &missing).await.starts_with("Nothing to apply"));
}

#[tokio::test]
async fn somebody_elses_database_is_left_alone() {
    let url = empty_database().await;
    run(&url, "CREATE TABLE orders (id int); CREATE TABLE invoices (id int)").await;
    for words in [["check"], ["upgrade"], ["downgrade"]] {
        let foreign = refused(3, &words, &url).await;
        assert!(foreign.contains("not ours (invoices, orders)"), "{foreign}");
    }
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'";
    assert_eq!(value::<i64>(&url, tables).await, 2);

    run(&url, "DROP TABLE orders, invoices").await;
    run(
        &url,
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp DEFAULT now())",
    )
    .await;
    run(&url, "INSERT INTO __diesel_schema_migrations VALUES ('20200101000000')").await;
    assert!(refused(3, &["upgrade"], &url).await.contains("somebody else's"));
}

#[tokio::test]
async fn a_later_versions_database_is_left_alone() {
    let url = fresh_database().await;
    let later = "INSERT INTO __diesel_schema_migrations VALUES ('99990101000000');
        INSERT INTO migrations_log
            (revision, action, status, checksum, program_version, database_role, started_at, duration_ms)
        SELECT '9999-01-01-000000_fly', action, status, checksum, '9.0.0', database_role, started_at, duration_ms
        FROM migrations_log LIMIT 1";
    run(&url, later).await;
    for words in [vec!["check"], vec!["upgrade"], vec!["downgrade", "--yes"], vec!["upgrade", "--dry-run"]] {
        let ahead = refused(3, &words, &url).await;
        assert!(ahead.contains("is ahead") && ahead.contains("9999-01-01-000000_fly"), "{ahead}");
    }
    assert!(told(&["history"], &url).await.contains("of a later version"));
}

#[tokio::test]
async fn an_edited_migration_is_named() {
    let url = fresh_database().await;
    run(&url, "UPDATE migrations_log SET checksum = repeat('0', 64) WHERE revision LIKE '%-000004\\_%'").await;
    for words in [vec!["check"], vec!["upgrade"]] {
        let edited = refused(3, &words, &url).await;
        assert!(edited.contains("edited after it was applied") && edited.contains("000004_create_view"), "{edited}");
    }
    assert!(told(&["show", "000004"], &url).await.contains("edited since"));
    told(&["downgrade", "--revision", "000003"], &url).await;
    told(&["upgrade"], &url).await;
    told(&["check"], &url).await;
}

#[tokio::test]
async fn a_migration_that_fails_half_way_leaves_nothing_and_can_be_tried_again() {
    let url = empty_database().await;
    told(&["upgrade", "+1"], &url).await;
    run(&url, "CREATE TABLE memberships (mine int)").await;
    let failed = refused(1, &["upgrade"], &url).await;
    assert!(failed.contains("000002_create_people") && failed.contains("memberships"), "{failed}");
    assert!(failed.contains("rolled back"), "{failed}");
    assert!(value::<bool>(&url, "SELECT to_regclass('companies') IS NULL").await);
    assert!(refused(3, &["check"], &url).await.contains("is behind"));
    let history = told(&["history", "--verbose"], &url).await;
    assert!(history.contains("FAILED") && history.contains("memberships"), "{history}");

    run(&url, "DROP TABLE memberships").await;
    told(&["upgrade"], &url).await;
    told(&["check"], &url).await;
}

#[tokio::test]
async fn who_is_killed_in_the_middle_leaves_a_trace_and_nothing_else() {
    let url = empty_database().await;
    told(&["upgrade", "+1"], &url).await;
    // It waits for this transaction, which has the name of one of its tables.
    let in_the_way = connect(&url).await;
    in_the_way.batch_execute("BEGIN; CREATE TABLE memberships (mine int)").await.unwrap();
    let mut upgrade = arvlite(&["db", "upgrade"]).env("DATABASE_URL", &url).spawn().unwrap();
    until(
        &url,
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )
    .await;
    let working = refused(3, &["check"], &url).await;
    assert!(working.contains("Right now somebody changes it") && working.contains("000002_create_people"), "{working}");

    upgrade.kill().await.unwrap();
    in_the_way.batch_execute("ROLLBACK").await.unwrap();
    until(&url, "SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").await;
    let behind = refused(3, &["check"], &url).await;
    assert!(behind.contains("is behind") && behind.contains("stopped in the middle"), "{behind}");
    assert!(value::<bool>(&url, "SELECT to_regclass('companies') IS NULL").await);

    told(&["upgrade"], &url).await;
    let (code, _, said) = db(&["check"], &url).await;
    assert_eq!((code, said.as_str()), (0, ""));
    assert!(told(&["history", "--verbose"], &url).await.contains("the program ended before the migration did"));
}

/// Waits until the database answers yes.
async fn until(url: &str, question: &str) {
    let client = connect(url).await;
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let answered = async {
        while !client.query_one(question, &[]).await.unwrap().get::<_, bool>(0) {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap_or_else(|_| panic!("never: {question}"));
}

#[tokio::test]
async fn of_two_upgrades_at_once_one_applies_and_the_other_waits() {
    let url = empty_database().await;
    let (one, other) = tokio::join!(told(&["upgrade"], &url), told(&["upgrade"], &url));
    let applied = |told: &str| told.lines().filter(|line| line.starts_with("applied ")).count();
    assert_eq!(applied(&one).min(applied(&other)), 0, "{one}{other}");
    assert!(one.contains("Nothing to apply") != other.contains("Nothing to apply"), "{one}{other}");
    told(&["check"], &url).await;
}

#[tokio::test]
async fn up_and_down_go_as_far_as_they_are_told() {
    let url = empty_database().await;
    assert_eq!(told(&["upgrade", "+2"], &url).await.lines().count(), 2);
    assert!(told(&["current"], &url).await.contains("-000002_create_people"));
    told(&["upgrade", "--revision", "create_studio"], &url).await;
    assert!(told(&["current"], &url).await.contains("-000003_create_studio_tree"));
    assert!(told(&["upgrade", "--revision", "000001"], &url).await.starts_with("Nothing to apply: that much"));
    assert!(told(&["downgrade", "-1"], &url).await.contains("reverted 2026-11-21-000003"));
    let not_there = refused(2, &["downgrade", "--revision", "000003"], &url).await;
    assert!(not_there.contains("is not applied"), "{not_there}");
    assert!(told(&["downgrade", "--revision", "000001"], &url).await.contains("reverted 2026-11-21-000002"));
    told(&["downgrade", "base"], &url).await;
    assert!(refused(3, &["check"], &url).await.contains("is empty"));
    assert!(told(&["downgrade"], &url).await.starts_with("Nothing to revert"));

    for words in [
        ["upgrade", "2"],
        ["upgrade", "+0"],
        ["upgrade", "latest"],
        ["downgrade", "2"],
        ["downgrade", "-0"],
        ["downgrade", "-x"],
        ["create", "Odd-Name"],
        ["upgrade", "--revision=nonsense"],
        ["upgrade", "--revision=2026"],
        ["show", "create"],
    ] {
        refused(2, &words, &url).await;
    }
}

#[tokio::test]
async fn a_dry_run_prints_what_would_run_and_touches_nothing() {
    let url = empty_database().await;
    let script = told(&["upgrade", "--dry-run"], &url).await;
    let place = |text: &str| script.find(text).unwrap_or_else(|| panic!("{text} in {script}"));
    assert!(place("CREATE TABLE settings") < place("VALUES ('20261121000001')"));
    assert!(place("VALUES ('20261121000001')") < place("CREATE TABLE companies"));
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(value::<i64>(&url, tables).await, 0);

    // What is printed is what runs.
    told(&["upgrade"], &url).await;
    let made = value::<i64>(&url, tables).await;
    let other = empty_database().await;
    told(&["upgrade", "+1"], &other).await;
    run(&other, &told(&["upgrade", "--dry-run"], &other).await).await;
    assert_eq!(value::<i64>(&other, tables).await, made);
    told(&["check"], &other).await;
    let down = told(&["downgrade", "-1", "--dry-run"], &other).await;
    assert!(down.contains("DELETE FROM __diesel_schema_migrations"), "{down}");
    told(&["check"], &other).await;
}

#[tokio::test]
async fn a_downgrade_says_what_is_lost_and_loses_nothing_unasked() {
    let url = fresh_database().await;
    run(&url, "INSERT INTO settings VALUES ('one', '1'), ('two', '2')").await;
    let asked = refused(2, &["downgrade", "base"], &url).await;
    assert!(asked.contains("the table settings: 2 rows") && asked.contains("--yes"), "{asked}");
    assert!(!asked.contains("the table videos"), "what is empty is no loss: {asked}");
    told(&["check"], &url).await;
    told(&["downgrade", "base", "--yes"], &url).await;
    assert!(value::<bool>(&url, "SELECT to_regclass('settings') IS NULL").await);
}

#[tokio::test]
async fn history_and_show_tell_what_is_known() {
    let url = fresh_database().await;
    told(&["downgrade"], &url).await;
    let history = told(&["history"], &url).await;
    assert!(history.lines().next().unwrap().starts_with("applied "), "{history}");
    assert!(history.lines().last().unwrap().starts_with("pending"), "{history}");
    let verbose = told(&["history", "--verbose"], &url).await;
    let whole = ["UPGRADE", "DOWNGRADE", "DONE", " ms, as ", concat!("with version ", env!("CARGO_PKG_VERSION"))];
    assert!(whole.iter().all(|word| verbose.contains(word)), "{verbose}");

    let shown = told(&["show", "create_people"], &url).await;
    let checksum: String =
        value(&url, "SELECT checksum FROM migrations_log WHERE revision LIKE '%create_people%'").await;
    assert!(
        shown.contains(&checksum) && shown.contains("CREATE TABLE users") && shown.contains("DROP TABLE"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_new_migration_is_made_in_a_checkout_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let create = async |name: &str| ended(arvlite(&["db", "create", name]).current_dir(folder.path())).await;
    let (code, _, said) = create("add_birthdays").await;
    assert!(code == 1 && said.contains("checkout"), "{said}");

    let names = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations")).unwrap();
    let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in &names {
        fs::create_dir_all(folder.path().join("migrations").join(name)).unwrap();
    }
    let (code, told, said) = create("add_birthdays").await;
    assert_eq!(code, 0, "{said}");
    let up = told.lines().next().unwrap().strip_prefix("made ").unwrap();
    let last = names.last().unwrap();
    let number: u32 = last.split(['-', '_']).nth(3).unwrap().parse().unwrap();
    assert!(up.ends_with(&format!("-{:06}_add_birthdays/up.sql", number + 1)), "{up}");
    assert!(*up > *format!("migrations/{last}"), "{up}");
    assert!(folder.path().join(up).is_file() && folder.path().join(up.replace("up.sql", "down.sql")).is_file());
    let (code, _, said) = create("add_birthdays").await;
    assert!(code == 1 && said.contains("already"), "{said}");
}
