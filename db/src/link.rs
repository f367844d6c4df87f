//! One connection of the pool: who drives it, when it is given up, and what becomes of one that its user left in the
//! middle of something.

use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::connection::InstrumentationEvent;
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
};
use futures_util::FutureExt;
use futures_util::future::select;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::connect::Connector;
use crate::pulse::Pulse;
use crate::{DbError, Result, StatementCount};

/// How long a statement hears nothing before the server is doubted.
const QUIET: Duration = Duration::from_millis(250);
/// How long the server may take to stop a statement that nobody waits for any more.
const STOPPING: Duration = Duration::from_secs(2);

/// Opens the connections of a pool.
pub(crate) struct Opener {
    pub(crate) connector: Arc<Connector>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) statements: Arc<AtomicU64>,
}

/// A connection of the pool.
pub(crate) struct Link {
    connection: AsyncPgConnection,
    /// Whether a statement has been sent and not been answered.
    busy: Arc<AtomicBool>,
    driver: Driver,
    connector: Arc<Connector>,
}

/// Whoever passes on what is said. It ends with the connection, and the other way round.
struct Driver(JoinHandle<()>);

impl Manager for Opener {
    type Type = Box<Link>;
    type Error = DbError;

    /// In boxes, the link as well as the way to it: or else both would be part of everything that waits for a statement.
    async fn create(&self) -> Result<Box<Link>> {
        self.link().boxed().await.map(Box::new)
    }

    /// A connection that ended is seen to be so, which costs no round trip.
    async fn recycle(&self, link: &mut Box<Link>, _: &Metrics) -> RecycleResult<DbError> {
        if link.driver.0.is_finished() || !link.is_at_rest() {
            return Err(RecycleError::message("the connection ended"));
        }
        Ok(())
    }
}

impl Opener {
    async fn link(&self) -> Result<Link> {
        let (client, connection) = self.connector.open().await?;
        let busy = Arc::<AtomicBool>::default();
        let (driven, pulse) = (drive(connection, Arc::clone(&busy), Arc::clone(&self.pulse)), Arc::clone(&self.pulse));
        let driver = Driver(tokio::spawn(async move {
            select(pin!(driven), pin!(pulse.silence())).await;
        }));
        let connection = self.connector.set_up(client).await?;
        let mut link = Link { connection, busy, driver, connector: Arc::clone(&self.connector) };
        link.count(&self.statements);
        Ok(link)
    }
}

/// Passes on what is said, and doubts the server when a statement hears nothing for long.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, busy: Arc<AtomicBool>, pulse: Arc<Pulse>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (mut alarm, mut is_set, mut last_word) = (pin!(sleep(QUIET)), true, Instant::now());
    poll_fn(|context: &mut Context<'_>| {
        let now = Instant::now();
        if is_set && alarm.as_mut().poll(context).is_ready() {
            is_set = busy.load(Ordering::Acquire);
            if is_set && now.duration_since(last_word) >= QUIET {
                pulse.doubt();
                last_word = now;
            }
        } else {
            // Woken by anything but the alarm, it was asked or told something.
            (is_set, last_word) = (true, now);
        }
        if is_set && alarm.is_elapsed() {
            alarm.as_mut().reset(last_word + QUIET);
            if alarm.as_mut().poll(context).is_ready() {
                context.waker().wake_by_ref();
            }
        }
        loop {
            match ready!(connection.poll_message(context)) {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Poll::Ready(()),
            }
        }
    })
    .await;
}

impl Link {
    fn count(&mut self, statements: &Arc<AtomicU64>) {
        let (statements, busy) = (Arc::clone(statements), Arc::clone(&self.busy));
        self.connection.set_instrumentation(move |event: InstrumentationEvent<'_>| match event {
            InstrumentationEvent::StartQuery { .. } => {
                busy.store(true, Ordering::Release);
                statements.fetch_add(1, Ordering::Relaxed);
                StatementCount::one_more();
            }
            InstrumentationEvent::FinishQuery { .. } => busy.store(false, Ordering::Release),
            _ => {}
        });
    }

    /// Whether the next one may use it: no statement runs on it, and no transaction is open.
    fn is_at_rest(&mut self) -> bool {
        !self.busy.load(Ordering::Acquire) && !self.is_in_transaction()
    }

    fn is_in_transaction(&mut self) -> bool {
        AnsiTransactionManager::is_broken_transaction_manager(&mut self.connection)
    }

    /// Has the server stop the statement that nobody waits for, and waits until it has.
    async fn stop_statement(&mut self) -> Result<()> {
        self.connector.cancel(&self.connection).await?;
        Ok(self.connection.batch_execute("").await?)
    }
}

impl Deref for Link {
    type Target = AsyncPgConnection;

    fn deref(&self) -> &AsyncPgConnection {
        &self.connection
    }
}

impl DerefMut for Link {
    fn deref_mut(&mut self) -> &mut AsyncPgConnection {
        &mut self.connection
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A connection of the pool while somebody uses it. It goes back when the server is done with it.
pub(crate) struct Lease(Option<Object<Opener>>);

impl From<Object<Opener>> for Lease {
    fn from(object: Object<Opener>) -> Self {
        Self(Some(object))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut object) = self.0.take() else { return };
        if object.is_at_rest() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(settle(object))),
            Err(_) => drop(Object::take(object)),
        }
    }
}

/// Stops what runs. Whose transaction was left open is closed, which rolls it back; the place in the pool is free then.
async fn settle(mut object: Object<Opener>) {
    let stopped = match object.busy.load(Ordering::Acquire) && !object.driver.0.is_finished() {
        true => timeout(STOPPING, object.stop_statement()).await.is_ok_and(|stopped| stopped.is_ok()),
        false => true,
    };
    if !stopped || !object.is_at_rest() {
        drop(Object::take(object));
    }
}

impl Deref for Lease {
    type Target = Link;

    fn deref(&self) -> &Link {
        self.0.as_ref().expect("only dropping takes it out")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Link {
        self.0.as_mut().expect("only dropping takes it out")
    }
}
