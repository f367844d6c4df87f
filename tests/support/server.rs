//! One PostgreSQL for the run, one migrated template, a database for each test.

use std::sync::atomic::{AtomicU32, Ordering};

use arvlite_api::postgres::{Postgres, Settings, StartError};
use arvlite_db::{ConnectOptions, Db, migrate};
use futures_util::StreamExt;
use tokio::sync::OnceCell;

static SERVER: OnceCell<Server> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

struct Server {
    postgres: Postgres,
    template: String,
}

/// The address of a database that nobody has used yet.
pub async fn fresh_database() -> String {
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    database_like_template(&name).await
}

/// The address of an empty database: no schema, no rows.
pub async fn empty_database() -> String {
    let server = SERVER.get_or_init(Server::start).await;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    run(&server.postgres, &format!("CREATE DATABASE {name}")).await;
    server.postgres.url(&name)
}

async fn database_like_template(name: &str) -> String {
    let server = SERVER.get_or_init(Server::start).await;
    run(&server.postgres, &format!("CREATE DATABASE {name} TEMPLATE {}", server.template)).await;
    server.postgres.url(name)
}

impl Server {
    async fn start() -> Self {
        let postgres = start_first_free().await;
        let dropped = databases(&postgres).await.into_iter().map(|name| {
            let statement = format!("DROP DATABASE {name} WITH (FORCE)");
            let postgres = &postgres;
            async move { run(postgres, &statement).await }
        });
        futures_util::stream::iter(dropped).buffer_unordered(8).collect::<Vec<()>>().await;
        let template = "template_of_tests".to_owned();
        run(&postgres, &format!("CREATE DATABASE {template}")).await;
        let db = Db::new(&ConnectOptions::new(postgres.url(&template))).unwrap();
        migrate::upgrade(&db).await.unwrap();
        Self { postgres, template }
    }
}

/// A cluster is kept between runs; runs at the same time take one each.
async fn start_first_free() -> Postgres {
    for number in 0..16 {
        let data_dir = std::env::temp_dir().join(format!("arvlite-tests-{number}"));
        let settings = Settings { data_dir, bin_dir: None, install: true, fsync: false };
        match Postgres::start(&settings, &|line| eprintln!("{line}")).await {
            Ok(postgres) => return postgres,
            Err(StartError::InUse { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("all clusters of tests are in use");
}

async fn databases(postgres: &Postgres) -> Vec<String> {
    let client = client(postgres).await;
    let rows = client.query("SELECT datname FROM pg_database WHERE datname LIKE '%test%'", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn run(postgres: &Postgres, statement: &str) {
    client(postgres).await.batch_execute(statement).await.unwrap();
}

async fn client(postgres: &Postgres) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
