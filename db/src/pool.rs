//! The pool of connections, and the ways to open a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool::Status;
use deadpool::managed::Pool;
use diesel_async::AsyncPgConnection;
use tokio::sync::OwnedSemaphorePermit;

use crate::connect::{Connector, Planning};
use crate::link::{Lease, Opener};
use crate::pulse::Pulse;
use crate::{AddressError, Catalog, DbError, Result, Scope, SearchShare, Session, Tx};

/// How to reach the database, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// `postgres://…`; `sslmode` and `sslrootcert` as libpq knows them.
    pub url: String,
    /// Connections kept at most.
    pub max_connections: usize,
    /// How long a statement may wait for a connection; one that has to be opened may take twice as long.
    pub wait: Duration,
    /// How long the server may take to show that it answers, when a statement has heard nothing for a moment.
    pub answer: Duration,
    /// How long the server may work on one statement.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may say nothing before the server ends it, with whatever it has locked: its program may be
    /// gone without a word. It is far longer than anybody thinks between two statements.
    pub transaction_silence: Duration,
}

impl ConnectOptions {
    /// The defaults for a server at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            wait: Duration::from_millis(300),
            answer: Duration::from_millis(700),
            statement_timeout: Duration::from_secs(4),
            lock_timeout: Duration::from_secs(2),
            transaction_silence: Duration::from_secs(15),
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
    /// Whether the server has stopped to answer.
    pub is_silent: bool,
}

/// Connections of two kinds. Most keep the plan of a statement, whatever its values: what is asked the same way again and
/// again is not planned again. A few plan a statement for its values each time: of a list that somebody narrows, the
/// values decide which index leads to few rows, and a plan for all values would as a rule read the whole table. That
/// these are few also keeps slow searches from holding up everybody else.
#[derive(Clone)]
pub(crate) struct Pools {
    keeping_plans: Pool<Opener>,
    planning_anew: Pool<Opener>,
    pub(crate) pulse: Arc<Pulse>,
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
        let pulse = Pulse::new(Arc::clone(&connector), options.answer);
        let opener = |connector: &Arc<Connector>| Opener {
            connector: Arc::clone(connector),
            pulse: Arc::clone(&pulse),
            statements: Arc::clone(&statements),
        };
        let few = (options.max_connections / 4).max(1);
        let most = options.max_connections.saturating_sub(few).max(1);
        let pools = Pools {
            keeping_plans: pool(options, most, opener(&connector))?,
            planning_anew: pool(options, few, opener(&planning_anew))?,
            pulse,
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
        Tx::begin(self.pools.lease_keeping_plans().await?, None, scope).await
    }

    /// A transaction that only reads, and sees all the time what was there when its first statement began. What it reads
    /// may take long, so it holds one of the few connections that plan a statement for its values.
    ///
    /// # Errors
    /// When no connection is to be had.
    pub async fn begin_snapshot(&self, scope: Scope) -> Result<Tx> {
        let (lease, leave) = self.pools.lease_planning_anew().await?;
        let tx = Tx::begin(lease, leave, scope).await?;
        // Compiling a long statement takes longer than all that it reads from rollups.
        tx.isolate("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL jit = off").await?;
        Ok(tx)
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

    /// How long the server may take to show that it answers.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.pools.pulse.patience
    }

    /// How the pool is used at this moment. It asks the database nothing.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        let states = [self.pools.keeping_plans.status(), self.pools.planning_anew.status()];
        let sum = |part: fn(&Status) -> usize| states.iter().map(part).sum();
        PoolState {
            limit: sum(|status| status.max_size),
            idle: sum(|status| status.available),
            in_use: sum(|status| status.size.saturating_sub(status.available)),
            waiting: sum(|status| status.waiting),
            is_silent: self.pools.pulse.is_silent(),
        }
    }
}

impl Pools {
    /// Connections that may turn out to be dead, one after another.
    pub(crate) fn most_kept(&self) -> usize {
        self.keeping_plans.status().max_size
    }

    pub(crate) async fn lease_keeping_plans(&self) -> Result<Lease> {
        self.lease(&self.keeping_plans).await
    }

    /// One of the few, with the leave of the caller's share to use it, which is to be held as long.
    pub(crate) async fn lease_planning_anew(&self) -> Result<(Lease, Option<OwnedSemaphorePermit>)> {
        let leave = SearchShare::leave().await;
        Ok((self.lease(&self.planning_anew).await?, leave))
    }

    async fn lease(&self, pool: &Pool<Opener>) -> Result<Lease> {
        if self.pulse.is_silent() {
            return Err(DbError::Unavailable("the server does not answer".into()));
        }
        Ok(pool.get().await?.into())
    }
}

/// A pool of connections that one connector opens and whose statements are counted.
fn pool(
    options: &ConnectOptions,
    max_connections: usize,
    opener: Opener,
) -> std::result::Result<Pool<Opener>, AddressError> {
    Pool::builder(opener)
        .max_size(max_connections)
        .wait_timeout(Some(options.wait))
        // Whoever waited for a place has little patience left.
        .create_timeout(Some(options.wait * 2))
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .map_err(|error| AddressError(error.to_string()))
}
