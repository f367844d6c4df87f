//! Connections that the server ends: who comes next does not notice.

use arvlite_db::models::User;
use arvlite_db::{ConnectOptions, Db, Scope};
use tokio_postgres::NoTls;

use crate::support::fresh_database;

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
    let options = ConnectOptions { wait: std::time::Duration::from_secs(10), ..ConnectOptions::new(&url) };
    let db = Db::new(&options).unwrap();
    let (killer, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);

    for _ in 0..5 {
        let reads = read_at_once(&db, 32).await;
        assert!(reads.iter().all(|read| *read), "{reads:?}");
        let killed: i64 = killer.query_one(END_THE_OTHERS, &[]).await.unwrap().get(0);
        assert!(killed > 1);
    }
    let reads = read_at_once(&db, 32).await;
    assert!(reads.iter().all(|read| *read), "{reads:?}");
}
