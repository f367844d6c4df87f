//! How a connection is opened: address, server-side settings, and TLS as `sslmode` and `sslrootcert` ask for it.

use diesel::ConnectionError;
use diesel_async::AsyncPgConnection;
use tokio_postgres::{Config, NoTls};

use crate::{ConnectOptions, DbError, Result};

/// Opens connections to one server.
pub(crate) struct Connector {
    config: Config,
}

impl Connector {
    pub(crate) fn new(options: &ConnectOptions) -> Result<Self> {
        let mut config: Config = options.url.parse().map_err(|error| DbError::Unavailable(Box::new(error)))?;
        config.application_name("arvlite");
        config.connect_timeout(std::time::Duration::from_secs(5));
        config.options(format!(
            "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c statement_timeout={} -c lock_timeout={}",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis(),
        ));
        Ok(Self { config })
    }

    pub(crate) async fn connect(&self) -> std::result::Result<AsyncPgConnection, ConnectionError> {
        let (client, connection) =
            self.config.connect(NoTls).await.map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}
