//! A connection together with what it may see: the only door to the database.
//!
//! For reads a session takes a connection per statement: a resolver that held one while it waits for a loader would
//! deadlock the pool. Only a transaction holds one.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use diesel_async::{AnsiTransactionManager, AsyncPgConnection, SimpleAsyncConnection, TransactionManager};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit};

use crate::link::Lease;
use crate::pool::Pools;
use crate::{DbError, Filter, Result, Scope};

/// A way to run statements for somebody. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    source: Source,
    scope: Scope,
}

#[derive(Clone)]
enum Source {
    Pooled(Pools),
    Held(Arc<Mutex<Lease>>),
}

/// A connection for one statement.
pub(crate) enum Connection {
    Pooled(Lease),
    /// One of a few, with the leave to use it, which is given back with it.
    PlanningAnew(Lease, #[expect(dead_code, reason = "it is held, not read")] Option<OwnedSemaphorePermit>),
    Held(OwnedMutexGuard<Lease>),
}

impl Session {
    pub(crate) fn pooled(pools: Pools, scope: Scope) -> Self {
        Self { source: Source::Pooled(pools), scope }
    }

    /// For whom this session reads.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The same connections, seen by somebody else.
    #[must_use]
    pub fn with_scope(&self, scope: Scope) -> Self {
        Self { source: self.source.clone(), scope }
    }

    /// Runs a read. When its connection turns out to have been ended by the server, it runs again on others: after a
    /// restart or a failover every connection of the pool may be dead, and is found to be so one by one.
    pub(crate) async fn read<T, F>(&self, read: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut attempts = match &self.source {
            Source::Pooled(pools) => pools.most_kept(),
            // What a transaction saw before is gone with its connection.
            Source::Held(_) => 0,
        };
        loop {
            match read().await {
                Err(error) if attempts > 0 && error.is_lost_connection() && !self.is_silent() => attempts -= 1,
                done => return done,
            }
        }
    }

    /// Nobody waits for a silent server twice.
    fn is_silent(&self) -> bool {
        matches!(&self.source, Source::Pooled(pools) if pools.pulse.is_silent())
    }

    pub(crate) async fn connection(&self) -> Result<Connection> {
        Ok(match &self.source {
            Source::Pooled(pools) => Connection::Pooled(pools.lease_keeping_plans().await?),
            Source::Held(held) => Connection::Held(Arc::clone(held).lock_owned().await),
        })
    }

    /// A connection for a statement that reads a list of the scope: one that plans it for its values where they decide
    /// which way leads to few rows, which are a client's conditions and several companies.
    pub(crate) async fn connection_for_list<F: Filter>(&self, filter: &F) -> Result<Connection> {
        match &self.scope {
            Scope::Companies(ids) if ids.len() > 1 => self.connection_planning_anew().await,
            _ => self.connection_for_children(filter).await,
        }
    }

    /// The same for the rows below others: there are few of those, whatever the scope.
    pub(crate) async fn connection_for_children<F: Filter>(&self, filter: &F) -> Result<Connection> {
        if *filter == F::default() { self.connection().await } else { self.connection_planning_anew().await }
    }

    async fn connection_planning_anew(&self) -> Result<Connection> {
        match &self.source {
            Source::Pooled(pools) => {
                let (lease, leave) = pools.lease_planning_anew().await?;
                Ok(Connection::PlanningAnew(lease, leave))
            }
            Source::Held(_) => self.connection().await,
        }
    }
}

impl Deref for Connection {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        match self {
            Self::Pooled(object) | Self::PlanningAnew(object, _) => object,
            Self::Held(guard) => guard,
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        match self {
            Self::Pooled(object) | Self::PlanningAnew(object, _) => object,
            Self::Held(guard) => guard,
        }
    }
}

/// A session inside a transaction. Dropping it without [`Tx::commit`] rolls back, at once: the connection is closed.
pub struct Tx {
    session: Session,
    held: Arc<Mutex<Lease>>,
    #[expect(dead_code, reason = "it is held, not read")]
    leave: Option<OwnedSemaphorePermit>,
}

impl Tx {
    /// On a connection, which may be one of a few that somebody needs leave to use.
    pub(crate) async fn begin(
        mut connection: Lease,
        leave: Option<OwnedSemaphorePermit>,
        scope: Scope,
    ) -> Result<Self> {
        AnsiTransactionManager::begin_transaction(&mut **connection).await?;
        let held = Arc::new(Mutex::new(connection));
        Ok(Self { session: Session { source: Source::Held(Arc::clone(&held)), scope }, held, leave })
    }

    /// Says what the transaction sees and how long it may take, before its first statement.
    pub(crate) async fn isolate(&self, settings: &'static str) -> Result<()> {
        let mut connection = self.held.lock().await;
        Ok(connection.batch_execute(settings).await?)
    }

    /// Makes everything that was written durable.
    ///
    /// # Errors
    /// When the server refuses or goes away: then nothing was written, or it is unknown whether it was.
    pub async fn commit(self) -> Result<()> {
        let mut connection = self.held.lock().await;
        AnsiTransactionManager::commit_transaction(&mut ***connection).await.map_err(DbError::from)
    }

    /// Undoes everything that was written.
    ///
    /// # Errors
    /// When the server goes away, which undoes it as well.
    pub async fn rollback(self) -> Result<()> {
        let mut connection = self.held.lock().await;
        AnsiTransactionManager::rollback_transaction(&mut ***connection).await.map_err(DbError::from)
    }
}

impl Deref for Tx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}
