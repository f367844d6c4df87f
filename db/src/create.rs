//! Making a database on a server.

use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::prepared::Prepared;
use crate::{Db, Result};

/// Makes this database on its server, unless it is there, and tells whether it did.
///
/// # Errors
/// When the server does not answer, or does not allow it.
pub async fn create_database(db: &Db) -> Result<bool> {
    let mut connection = db.maintenance_connection().await?;
    if exists(&mut connection, db.name()).await? {
        return Ok(false);
    }
    let quoted = db.name().replace('"', "\"\"");
    match diesel::sql_query(format!("CREATE DATABASE \"{quoted}\"")).execute(&mut connection).await {
        Ok(_) => Ok(true),
        // Somebody else made it in this moment.
        Err(_) if exists(&mut connection, db.name()).await? => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn exists(connection: &mut AsyncPgConnection, name: &str) -> Result<bool> {
    let exists = Prepared::<Bool>::new("SELECT EXISTS (SELECT FROM pg_database WHERE datname = ?)");
    Ok(exists.bind::<Text, _>(name.to_owned()).get_result(connection).await?)
}
