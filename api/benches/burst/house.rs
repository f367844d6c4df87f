//! The server that is measured, and what its database says of a burst.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arvlite_api::app::App;
use arvlite_api::clock::Clock;
use arvlite_api::config::{Config, Limits, Mode};
use arvlite_api::http::serve;
use arvlite_api::postgres::{Postgres, Settings};
use arvlite_api::secret::SecretKey;
use arvlite_api::storage::Store;
use arvlite_db::growth::{Growth, grow};
use arvlite_db::migrate::{Migrations, UpTo};
use arvlite_db::{ConnectOptions, Db, create_database};
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls};
use tokio_util::sync::CancellationToken;

use crate::phones::{Burst, burst};

/// Orders that play.
pub const ORDERS: usize = 64;
/// A budget that nobody uses up.
const PLENTY: u64 = 1_000_000_000_000;

/// The database, and orders to look at.
pub struct House {
    url: String,
    looking: Client,
    codes: Vec<String>,
    media: tempfile::TempDir,
    postgres: Postgres,
}

/// What a database was made to do, or what a burst made it do.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub statements: i64,
    /// Transactions that wrote.
    pub commits: i64,
    pub wal_bytes: i64,
    pub views: i64,
    pub events: i64,
}

impl House {
    pub async fn open() -> Self {
        let data_dir = std::env::temp_dir().join("arvlite-benches");
        let settings = Settings { data_dir, bin_dir: None, install: true, fsync: true };
        let postgres = Postgres::start(&settings, &|line| eprintln!("{line}")).await.unwrap();
        connect(&postgres.url("postgres"))
            .await
            .batch_execute("DROP DATABASE IF EXISTS burst WITH (FORCE)")
            .await
            .unwrap();
        let url = postgres.url("burst");
        let db = Db::new(&ConnectOptions::new(&url)).unwrap();
        create_database(&db).await.unwrap();
        Migrations::embedded().upgrade(&db, UpTo::Latest, &|_| {}).await.unwrap();
        let growth = Growth {
            companies: 1,
            contents: 400,
            view_sessions: 20_000,
            until: Clock::default().now(),
            hashed_password: String::new(),
            files_of: Vec::new(),
        };
        grow(&db, &growth, &mut |_| {}).await.unwrap();
        let looking = connect(&url).await;
        let playing = "SELECT unique_id::text FROM ar_content c JOIN projects p ON p.id = c.project_id
            WHERE c.status = 'READY' AND c.deleted_at IS NULL AND c.expires_at > now() AND p.status <> 'ARCHIVED'
                AND c.photo_media_id IS NOT NULL AND EXISTS (SELECT FROM videos v WHERE v.ar_content_id = c.id
                    AND v.status = 'READY' AND v.is_active AND v.deleted_at IS NULL AND v.subscription_end IS NULL)
            ORDER BY c.id LIMIT $1";
        let codes = looking.query(playing, &[&(ORDERS as i64)]).await.unwrap();
        let codes: Vec<String> = codes.iter().map(|row| row.get(0)).collect();
        assert_eq!(codes.len(), ORDERS);
        Self { url, looking, codes, media: tempfile::tempdir().unwrap(), postgres }
    }

    /// So many starts on so many orders, by a server that commits so many beacons together.
    pub async fn burst(&self, beacon_batch: usize, orders: usize, starts: usize) -> (Burst, Counts) {
        let limits = Limits { beacon_batch, phones_budget: PLENTY, ..Limits::default() };
        let config = Config { mode: Mode::Development, limits, ..Config::default() };
        let wait = Duration::from_secs(10);
        let db = Db::new(&ConnectOptions { wait, ..ConnectOptions::new(&self.url) }).unwrap();
        let (secret, store) = (SecretKey::new(vec![[7; 32]]).unwrap(), Store::local(self.media.path()).unwrap());
        let app = App::new(config, db, Clock::default(), secret, store);
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let serving = tokio::spawn(serve(Arc::clone(&app), listener, stop.clone().cancelled_owned()));
        let before = self.counts(&app).await;
        let burst = burst(address, &self.codes[..orders], starts).await;
        let after = self.counts(&app).await;
        stop.cancel();
        serving.await.unwrap().unwrap();
        (burst, after.less(before))
    }

    async fn counts(&self, app: &App) -> Counts {
        let statements = i64::try_from(app.db.statements_sent()).unwrap();
        // Asking for the number of a transaction takes one.
        let asked = "SELECT pg_current_xact_id()::text::bigint, (pg_current_wal_lsn() - '0/0')::bigint,
            (SELECT count(*) FROM ar_view_sessions), (SELECT count(*) FROM view_events)";
        let row = self.looking.query_one(asked, &[]).await.unwrap();
        Counts { statements, commits: row.get(0), wal_bytes: row.get(1), views: row.get(2), events: row.get(3) }
    }

    pub async fn close(self) {
        drop(self.looking);
        self.postgres.stop().await;
    }
}

impl Counts {
    fn less(self, before: Self) -> Self {
        Self {
            statements: self.statements - before.statements,
            commits: self.commits - before.commits - 1,
            wal_bytes: self.wal_bytes - before.wal_bytes,
            views: self.views - before.views,
            events: self.events - before.events,
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
