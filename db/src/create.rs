//! Making a database on a server.

use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use crate::prepared::Prepared;
use crate::{Db, Result};

/// Makes a database on the server that `server` is connected to, unless there is one of this name, and tells whether
/// it did.
///
/// # Errors
/// When the server does not answer, or does not allow it.
pub async fn create_database(server: &Db, name: &str) -> Result<bool> {
    let mut connection = server.own_connection().await?;
    let exists: bool = Prepared::<Bool>::new("SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)")
        .bind::<Text, _>(name.to_owned())
        .get_result(&mut connection)
        .await?;
    if !exists {
        let quoted = name.replace('"', "\"\"");
        diesel::sql_query(format!("CREATE DATABASE \"{quoted}\"")).execute(&mut connection).await?;
    }
    Ok(!exists)
}
