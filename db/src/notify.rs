//! NOTIFY as a wake-up: it says that something happened, never what; the rows say that.

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::StreamExt;

use crate::prepared::Prepared;
use crate::{Db, DbError, Result, Session};

/// A connection of its own that hears one channel.
pub struct Listener {
    connection: AsyncPgConnection,
}

impl Listener {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn start(db: &Db, channel: &str) -> Result<Self> {
        let mut connection = db.own_connection().await?;
        diesel::sql_query(format!("LISTEN \"{channel}\"")).execute(&mut connection).await?;
        Ok(Self { connection })
    }

    /// Waits for the next notification and gives its payload.
    ///
    /// # Errors
    /// When the connection is gone: start a new listener and read the state again.
    pub async fn next(&mut self) -> Result<String> {
        let mut notifications = std::pin::pin!(self.connection.notifications_stream());
        match notifications.next().await {
            Some(Ok(notification)) => Ok(notification.payload),
            Some(Err(error)) => Err(DbError::Unavailable(Box::new(error))),
            None => Err(DbError::Unavailable("the listening connection ended".into())),
        }
    }
}

impl Session {
    /// Wakes the listeners of a channel; inside a transaction, when it commits.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn notify(&self, channel: &str, payload: &str) -> Result<()> {
        use diesel::sql_types::Text;
        let mut connection = self.connection().await?;
        Prepared::<()>::new("SELECT pg_notify(?, ?)")
            .bind::<Text, _>(channel.to_owned())
            .bind::<Text, _>(payload.to_owned())
            .execute(&mut connection)
            .await?;
        Ok(())
    }
}
