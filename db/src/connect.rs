//! How a connection is opened: the address, the server-side settings, and how long the silence of a socket is borne.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::tls::Tls;
use crate::{ConnectOptions, DbError, Result};

/// An address, or its wishes for TLS, that cannot be used; nothing was tried yet.
#[derive(Debug, thiserror::Error)]
#[error("the database's address cannot be used: {0}")]
pub struct AddressError(pub(crate) String);

/// Why there is no connection to a database.
#[derive(Debug, thiserror::Error)]
#[error("no connection to {address}: {why}")]
pub struct ConnectError {
    /// What is in the way.
    pub obstacle: Obstacle,
    address: String,
    why: String,
}

/// What is in the way of a connection, as far as somebody can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody listens at the address.
    NobodyListens,
    /// No machine has this name.
    UnknownHost,
    /// The server does not let this user in.
    NotLetIn,
    /// The server has no database of this name.
    NoSuchDatabase,
    /// The two sides do not agree on TLS, or the certificate is not trusted.
    Tls,
    /// Anything else.
    Other,
}

/// A connection without anybody who passes on what is said over it.
pub(crate) type Undriven = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// How long a connection may take to open where nobody said it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Some errors are told apart by their words, which the driver gives us without their code. Whoever may not choose the
/// server's language gets along with the one that it has.
const SPEAK_PLAINLY: &str =
    "SELECT set_config('lc_messages', 'C', false) WHERE has_parameter_privilege('lc_messages', 'SET')";

/// The server, too, notices in seconds that our machine vanished; over a socket in a folder it takes no notice of these.
const NOTICE_A_LOST_CLIENT: &str = "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 \
    -c tcp_user_timeout=15000";

/// When the server plans a prepared statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// Once, for whatever values come.
    Once,
    /// Each time, for the values that came.
    ForItsValues,
}

/// Opens connections to one server.
pub(crate) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Connector {
    pub(crate) fn new(options: &ConnectOptions, planning: Planning) -> std::result::Result<Self, AddressError> {
        let (url, tls) = Tls::take_from(&options.url)?;
        let mut config: Config = url.parse().map_err(|error| {
            AddressError(format!("{}. It looks like postgres://user:password@host:5432/database", in_words(&error)))
        })?;
        let only_sockets = config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)));
        config.ssl_mode(if only_sockets { SslMode::Disable } else { tls.mode() });
        config.application_name("arvlite").connect_timeout(PATIENCE);
        // A server that vanished without a word is noticed in seconds, not after the two hours of the kernel.
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(5)).keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(15));
        config.options(format!(
            "{} -c plan_cache_mode={} -c random_page_cost=1.1 -c statement_timeout={} -c lock_timeout={} \
             -c idle_in_transaction_session_timeout={} {NOTICE_A_LOST_CLIENT}",
            config.get_options().unwrap_or_default(),
            match planning {
                Planning::Once => "force_generic_plan",
                Planning::ForItsValues => "force_custom_plan",
            },
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis(),
            options.transaction_silence.as_millis(),
        ));
        Ok(Self { config, tls: tls.connector()? })
    }

    /// Opens a connection that drives itself.
    pub(crate) async fn connect(&self) -> Result<AsyncPgConnection> {
        let opened = timeout(PATIENCE, self.open()).await;
        let (client, connection) =
            opened.unwrap_or_else(|_| Err(self.unavailable(Obstacle::Other, "it does not answer".to_owned())))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|error: ConnectionError| self.unavailable(Obstacle::Other, error.to_string()))
    }

    /// Opens a connection that somebody has to drive.
    pub(crate) async fn open(&self) -> Result<(Client, Undriven)> {
        let opened = self.dial().await;
        opened.map_err(|error| self.unavailable(obstacle(&error), in_words(&error)))
    }

    /// In a box, for what it takes to shake hands would otherwise be part of everything that waits for a connection.
    fn dial(&self) -> BoxFuture<'_, std::result::Result<(Client, Undriven), tokio_postgres::Error>> {
        self.config.connect(self.tls.clone()).boxed()
    }

    /// Makes a connection that is driven ready for statements.
    pub(crate) async fn set_up(&self, client: Client) -> Result<AsyncPgConnection> {
        let unavailable = |why: String| self.unavailable(Obstacle::Other, why);
        client.batch_execute(SPEAK_PLAINLY).await.map_err(|error| unavailable(in_words(&error)))?;
        AsyncPgConnection::try_from(client).await.map_err(|error| unavailable(error.to_string()))
    }

    /// Whether the server says anything, be it a refusal.
    pub(crate) async fn is_answered(&self) -> bool {
        self.dial().await.map_or_else(|error| error.as_db_error().is_some(), |_| true)
    }

    /// Asks the server to stop what it does for this connection.
    pub(crate) async fn cancel(&self, connection: &AsyncPgConnection) -> Result<()> {
        let asked = connection.cancel_token().cancel_query(self.tls.clone()).boxed().await;
        asked.map_err(|error| self.unavailable(obstacle(&error), in_words(&error)))
    }

    fn unavailable(&self, obstacle: Obstacle, why: String) -> DbError {
        DbError::Unavailable(Box::new(ConnectError { obstacle, address: self.to_string(), why }))
    }

    /// The same server, another database.
    pub(crate) fn on_database(&self, name: &str) -> Self {
        let mut config = self.config.clone();
        config.dbname(name);
        Self { config, tls: self.tls.clone() }
    }

    /// The database's name.
    pub(crate) fn database(&self) -> &str {
        self.config.get_dbname().or(self.config.get_user()).unwrap_or("postgres")
    }
}

/// The address, for people: without the password.
impl fmt::Display for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().enumerate().map(|(index, host)| match host {
            Host::Unix(folder) => folder.display().to_string(),
            Host::Tcp(name) => {
                let ports = self.config.get_ports();
                let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
                format!("{name}:{port}")
            }
        });
        let hosts = hosts.collect::<Vec<_>>().join(", ");
        write!(formatter, "the database {} at {hosts}", self.database())?;
        self.config.get_user().map_or(Ok(()), |user| write!(formatter, " as {user}"))
    }
}

/// What the server said, or else the last cause, which is the most exact one.
fn in_words(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    last_cause(error).to_string()
}

fn last_cause(error: &tokio_postgres::Error) -> &(dyn Error + 'static) {
    let mut last: &(dyn Error + 'static) = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last
}

fn obstacle(error: &tokio_postgres::Error) -> Obstacle {
    if let Some(said) = error.as_db_error() {
        return match said.code() {
            code if *code == SqlState::INVALID_CATALOG_NAME => Obstacle::NoSuchDatabase,
            code if *code == SqlState::INVALID_PASSWORD => Obstacle::NotLetIn,
            code if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Obstacle::NotLetIn,
            _ => Obstacle::Other,
        };
    }
    let cause = last_cause(error);
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        // Of a socket in a folder the file is not there.
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => Obstacle::NobodyListens,
        Some(_) if cause.to_string().contains("lookup address") => Obstacle::UnknownHost,
        // The driver tells these two only in words.
        _ if error.to_string().starts_with("error performing TLS handshake") => Obstacle::Tls,
        _ if cause.to_string() == "password missing" => Obstacle::NotLetIn,
        _ => Obstacle::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_never_shows_the_password() {
        let connector =
            Connector::new(&ConnectOptions::new("postgres://me:hidden@db.example:6000/studio"), Planning::Once)
                .unwrap();
        assert_eq!(connector.to_string(), "the database studio at db.example:6000 as me");
        let wrong =
            Connector::new(&ConnectOptions::new("postgres://me:hidden@h/d?nonsense=1"), Planning::Once).err().unwrap();
        assert!(wrong.to_string().contains("nonsense") && !wrong.to_string().contains("hidden"), "{wrong}");
    }
}
