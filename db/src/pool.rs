//! The pool of connections, and the ways to open a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Status;
use diesel::ConnectionError;
use diesel::connection::InstrumentationEvent;
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use futures_util::FutureExt;

use crate::connect::{Connector, Planning};
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

/// Connections of two kinds. Most keep the plan of a statement, whatever its values: what is asked the same way again and
/// again is not planned again. A few plan a statement for its values each time: of a list that somebody narrows, the
/// values decide which index leads to few rows, and a plan for all values would as a rule read the whole table. That
/// these are few also keeps slow searches from holding up everybody else.
#[derive(Clone)]
pub(crate) struct Pools {
    pub(crate) keeping_plans: Pool<AsyncPgConnection>,
    pub(crate) planning_anew: Pool<AsyncPgConnection>,
}

/// The database: a pool and what is known about its schema. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    connector: Arc<Connector>,
    statements: Arc<AtomicU64>,
    catalog: Arc<tokio::sync::OnceCell<Catalog>>,
}

impl Db {
    /// Makes the pool. Connections are opened when they are asked for.
    ///
    /// # Errors
    /// When the address or its TLS settings make no sense.
    pub fn new(options: &ConnectOptions) -> std::result::Result<Self, AddressError> {
        let statements = Arc::new(AtomicU64::new(0));
        let connector = Arc::new(Connector::new(options, Planning::Once)?);
        let planning_anew = Arc::new(Connector::new(options, Planning::ForItsValues)?);
        let few = (options.max_connections / 4).max(1);
        let most = options.max_connections.saturating_sub(few).max(1);
        let pools = Pools {
            keeping_plans: pool(options, most, &connector, &statements)?,
            planning_anew: pool(options, few, &planning_anew, &statements)?,
        };
        Ok(Self { pools, connector, statements, catalog: Arc::default() })
    }

    /// Connections for statements that are planned for their values.
    #[must_use]
    pub fn search_connections(&self) -> usize {
        self.pools.planning_anew.status().max_size
    }

    /// A session for reads: each statement takes a connection of the pool for itself.
    #[must_use]
    pub fn session(&self, scope: Scope) -> Session {
        Session::pooled(self.pools.clone(), scope)
    }

    /// A transaction: it holds one connection until it is committed or dropped, which rolls it back.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin(&self, scope: Scope) -> Result<Tx> {
        Tx::begin(self.pools.keeping_plans.get().await?, scope).await
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
        let states = [&self.pools.keeping_plans, &self.pools.planning_anew].map(Pool::status);
        let sum = |part: fn(&Status) -> usize| states.iter().map(part).sum();
        PoolState {
            limit: sum(|status| status.max_size),
            idle: sum(|status| status.available),
            in_use: sum(|status| status.size.saturating_sub(status.available)),
            waiting: sum(|status| status.waiting),
        }
    }
}

/// A pool of connections that one connector opens and whose statements are counted.
fn pool(
    options: &ConnectOptions,
    max_connections: usize,
    connector: &Arc<Connector>,
    statements: &Arc<AtomicU64>,
) -> std::result::Result<Pool<AsyncPgConnection>, AddressError> {
    let (opener, counter) = (Arc::clone(connector), Arc::clone(statements));
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
    let manager = AsyncDieselConnectionManager::new_with_config(options.url.clone(), config);
    Pool::builder(manager)
        .max_size(max_connections)
        .wait_timeout(Some(options.wait))
        .create_timeout(Some(Duration::from_secs(5)))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| AddressError(error.to_string()))
}
