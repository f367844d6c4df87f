//! Connections that the server ends, and statements that nobody waits for any more: who comes next does not notice.

use std::time::Duration;

use arvlite_db::models::{NewViewEvent, Setting, User};
use arvlite_db::{ConnectOptions, Db, Scope};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_postgres::Client;

use crate::support::process::connect;
use crate::support::{Served, TestApp, fresh_database, noon, token_of};

const PATIENCE: Duration = Duration::from_secs(30);

const END_THE_OTHERS: &str = "
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";

async fn read_at_once(db: &Db, reads: usize) -> Vec<bool> {
    let read = |_| async {
        let session = db.session(Scope::Everything);
        User::by_email(&session, "nobody@example.com").await.is_ok()
    };
    futures_util::future::join_all((0..reads).map(read)).await
}

#[tokio::test]
async fn reads_go_on_after_all_connections_were_killed() {
    let url = fresh_database().await;
    let options = ConnectOptions { wait: Duration::from_secs(10), ..ConnectOptions::new(&url) };
    let db = Db::new(&options).unwrap();
    let killer = connect(&url).await;

    for _ in 0..5 {
        let reads = read_at_once(&db, 32).await;
        assert!(reads.iter().all(|read| *read), "{reads:?}");
        let killed: i64 = killer.query_one(END_THE_OTHERS, &[]).await.unwrap().get(0);
        assert!(killed > 1);
    }
    let reads = read_at_once(&db, 32).await;
    assert!(reads.iter().all(|read| *read), "{reads:?}");
}

/// Waits until so many statements of the program wait for a lock.
async fn until_waiting(watcher: &Client, statements: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'";
    let reached = async { while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) != statements {} };
    tokio::time::timeout(PATIENCE, reached).await.expect("it never was so");
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_is_stopped_and_its_connection_used_again() {
    let url = fresh_database().await;
    let options = ConnectOptions {
        max_connections: 1,
        wait: PATIENCE,
        lock_timeout: PATIENCE,
        statement_timeout: PATIENCE,
        ..ConnectOptions::new(&url)
    };
    let db = Db::new(&options).unwrap();
    let session = db.session(Scope::Everything);
    let (locker, watcher) = (connect(&url).await, connect(&url).await);
    let backends = "SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE application_name = 'arvlite' \
        AND datname = current_database()";
    User::by_email(&session, "nobody@example.com").await.unwrap();
    let before: Vec<i32> = watcher.query_one(backends, &[]).await.unwrap().get(0);

    locker.batch_execute("BEGIN; LOCK TABLE users").await.unwrap();
    for _ in 0..3 {
        tokio::select! {
            _ = User::by_email(&session, "nobody@example.com") => panic!("the table is locked"),
            () = until_waiting(&watcher, 1) => {}
        }
        until_waiting(&watcher, 0).await;
        // The table is still locked, and others are read over the one connection that there is.
        Setting::get(&session, "nothing").await.unwrap();
    }
    let after: Vec<i32> = watcher.query_one(backends, &[]).await.unwrap().get(0);
    assert_eq!(after, before);
    locker.batch_execute("COMMIT").await.unwrap();
    User::by_email(&session, "nobody@example.com").await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back_at_once() {
    let url = fresh_database().await;
    let options = ConnectOptions { max_connections: 1, wait: PATIENCE, ..ConnectOptions::new(&url) };
    let db = Db::new(&options).unwrap();
    let watcher = connect(&url).await;
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
        AND xact_start IS NOT NULL AND backend_type = 'client backend'";
    let tx = db.begin(Scope::Everything).await.unwrap();
    Setting::get_or_set(&tx, "half", true.into()).await.unwrap();
    assert_eq!(watcher.query_one(open, &[]).await.unwrap().get::<_, i64>(0), 1);
    drop(tx);
    let rolled_back = async { while watcher.query_one(open, &[]).await.unwrap().get::<_, i64>(0) != 0 {} };
    tokio::time::timeout(PATIENCE, rolled_back).await.expect("nobody came to ask for the connection");
    assert_eq!(Setting::get(&db.session(Scope::Everything), "half").await.unwrap(), None);
}

#[tokio::test]
async fn a_program_that_vanishes_in_a_transaction_holds_up_the_log_for_a_moment_only() {
    let url = fresh_database().await;
    let options = ConnectOptions { lock_timeout: PATIENCE, statement_timeout: PATIENCE, ..ConnectOptions::new(&url) };
    let vanishes =
        Db::new(&ConnectOptions { transaction_silence: Duration::from_millis(100), ..options.clone() }).unwrap();
    let others = Db::new(&options).unwrap();
    let held = vanishes.begin(Scope::Everything).await.unwrap();
    // Whatever it appends: the order of commits is its own from here on.
    NewViewEvent::append(&held, &[], noon()).await.unwrap();
    let tx = others.begin(Scope::Everything).await.unwrap();
    NewViewEvent::append(&tx, &[], noon()).await.expect("the log is free again");
    tx.commit().await.unwrap();
    assert!(held.commit().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_takes_its_query_along_but_not_its_mutation() {
    let url = fresh_database().await;
    let test = TestApp::on(&url).await;
    let (admin, served) = (test.admin().await, Served::start(&test.app).await);
    let token = token_of(&test.app, &admin).await;
    // Known from now on, so that the next requests read nobody.
    served.ask(Some(&token), "{ viewer { __typename } }", serde_json::json!({})).await;
    let (locker, watcher) = (connect(&url).await, connect(&url).await);
    let send = async |document: &str| {
        let body = serde_json::json!({ "query": document }).to_string();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    };

    locker.batch_execute("BEGIN; LOCK TABLE companies").await.unwrap();
    let asking = send("{ companies { totalCount } }").await;
    until_waiting(&watcher, 1).await;
    drop(asking);
    until_waiting(&watcher, 0).await;

    let writing = send("mutation { companyCreate(input: { name: \"Kept\" }) { company { id } } }").await;
    until_waiting(&watcher, 1).await;
    drop(writing);
    locker.batch_execute("COMMIT").await.unwrap();
    let kept = "SELECT count(*) FROM companies WHERE name = 'Kept'";
    let written = async { while watcher.query_one(kept, &[]).await.unwrap().get::<_, i64>(0) != 1 {} };
    tokio::time::timeout(PATIENCE, written).await.expect("the mutation ends without its client");
}
