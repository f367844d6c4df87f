//! The pool of connections, and the ways to open a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::ConnectionError;
use diesel::connection::InstrumentationEvent;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;

use crate::connect::Connector;
use crate::{AddressError, Catalog, Result, Scope, Session, StatementCount, Tx};

/// How to reach the database, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `postgres://…`; `sslmode` and `sslrootcert` as libpq knows them.
    pub url: String,
    /// Connections kept at most.
    pub max_connections: usize,
    /// How long a statement may wait for a connection.
    pub wait: Duration,
    /// How long the server may work on one statement.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
}

impl ConnectOptions {
    /// The defaults for a server at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            wait: Duration::from_millis(300),
            statement_timeout: Duration::from_secs(4),
            lock_timeout: Duration::from_secs(2),
        }
    }
}

/// How the pool is used at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolState {
    /// Connections kept at most.
    pub limit: usize,
    /// Connections that are open and used by nobody.
    pub idle: usize,
    /// Connections that somebody uses, or that are being opened for somebody.
    pub in_use: usize,
    /// Those who wait for a connection.
    pub waiting: usize,
}

/// The database: a pool and what is known about its schema. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pool: Pool<AsyncPgConnection>,
    connector: Arc<Connector>,
    statements: Arc<AtomicU64>,
    catalog: Arc<tokio::sync::OnceCell<Catalog>>,
}

impl Db {
    /// Makes the pool. Connections are opened when they are asked for.
    ///
    /// # Errors
    /// When the address or its TLS settings make no sense.
    pub fn new(options: ConnectOptions) -> std::result::Result<Self, AddressError> {
        let connector = Arc::new(Connector::new(&options)?);
        let statements = Arc::new(AtomicU64::new(0));
        let (opener, counter) = (Arc::clone(&connector), Arc::clone(&statements));
        let mut config = ManagerConfig::default();
        // A connection that ended is seen to be closed and left out, which costs no round trip.
        config.recycling_method = RecyclingMethod::Fast;
        config.custom_setup = Box::new(move |_url| {
            let (opener, counter) = (Arc::clone(&opener), Arc::clone(&counter));
            async move {
                let opened = opener.connect().await;
                let mut connection = opened.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
                connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                        counter.fetch_add(1, Ordering::Relaxed);
                        StatementCount::one_more();
                    }
                });
                Ok(connection)
            }
            .boxed()
        });
        let manager = AsyncDieselConnectionManager::new_with_config(options.url, config);
        let pool = Pool::builder(manager)
            .max_size(options.max_connections)
            .wait_timeout(Some(options.wait))
            .create_timeout(Some(Duration::from_secs(5)))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| AddressError(error.to_string()))?;
        Ok(Self { pool, connector, statements, catalog: Arc::default() })
    }

    /// A session for reads: each statement takes a connection of the pool for itself.
    #[must_use]
    pub fn session(&self, scope: Scope) -> Session {
        Session::pooled(self.pool.clone(), scope)
    }

    /// A transaction: it holds one connection until it is committed or dropped, which rolls it back.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self, scope: Scope) -> Result<Tx> {
        Tx::begin(self.pool.get().await?, scope).await
    }

    /// A connection outside the pool, for listening and for the commands that care for the schema.
    pub(crate) async fn own_connection(&self) -> Result<AsyncPgConnection> {
        self.connector.connect().await
    }

    /// A connection to the database that every server has, for making others.
    pub(crate) async fn maintenance_connection(&self) -> Result<AsyncPgConnection> {
        self.connector.on_database("postgres").connect().await
    }

    /// The database's name.
    pub(crate) fn name(&self) -> &str {
        self.connector.database()
    }

    /// Which database this is, for people: without the password.
    #[must_use]
    pub fn address(&self) -> String {
        self.connector.to_string()
    }

    /// The constraints of the schema, read once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn catalog(&self) -> Result<&Catalog> {
        self.catalog.get_or_try_init(|| Catalog::read(self)).await
    }

    /// Statements sent so far by all connections of this pool, transaction control among them.
    #[must_use]
    pub fn statements_sent(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How the pool is used at this moment. It asks the database nothing.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let status = self.pool.status();
        let in_use = status.size.saturating_sub(status.available);
        PoolState { limit: status.max_size, idle: status.available, in_use, waiting: status.waiting }
    }
}
