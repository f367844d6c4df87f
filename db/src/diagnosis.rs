//! What a database is like, for whoever finds out why a program does not run on it. Reads only, over a connection of
//! its own; what the facts mean is judged elsewhere.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Int4, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::migrate::{MigrateError, check_character_type};
use crate::prepared::Prepared;
use crate::{Db, Result};

/// The extensions that the schema is made with.
pub const EXTENSIONS: [&str; 2] = ["btree_gist", "pg_trgm"];

/// An open connection to the database that is looked at.
pub struct Diagnosis {
    connection: AsyncPgConnection,
}

/// Which PostgreSQL it is.
#[derive(Debug, Clone, Queryable)]
pub struct Version {
    /// As it says, such as `16.13 (Debian 16.13-1)`.
    pub name: String,
    /// As a number, such as 160013.
    pub number: i32,
}

/// How a database of PostgreSQL 15 or newer is set up, and what the role may do that asks.
#[derive(Debug, Clone, Queryable)]
pub struct Facts {
    /// Its encoding.
    pub encoding: String,
    /// Its character type.
    pub character_type: String,
    /// The version of the collation that its indexes are in the order of, where there is one.
    pub collation_made_with: Option<String>,
    /// The version of that collation that the server sorts by now.
    pub collation_now: Option<String>,
    /// The role.
    pub role: String,
    /// It may do everything.
    pub is_superuser: bool,
    /// Where it makes tables; none if the schemas of its search path do not exist.
    pub schema: Option<String>,
    /// It may make tables there.
    pub may_create: bool,
    /// Who owns the log of views, where that is somebody as whom it may not act.
    pub foreign_owner: Option<String>,
    /// The extensions that were created in the database.
    pub created_extensions: Vec<String>,
    /// The extensions that the server has.
    pub available_extensions: Vec<String>,
    /// Those that the role may create.
    pub permitted_extensions: Vec<String>,
    /// Connections that the server, the database and the role allow at once.
    pub connections: i32,
}

type FactColumns = (
    Text,
    Text,
    Nullable<Text>,
    Nullable<Text>,
    Text,
    Bool,
    Nullable<Text>,
    Bool,
    Nullable<Text>,
    Array<Text>,
    Array<Text>,
    Array<Text>,
    Int4,
);

const FACTS: &str = "
    SELECT pg_encoding_to_char(d.encoding)::text, d.datctype::text,
        d.datcollversion::text, pg_database_collation_actual_version(d.oid)::text,
        r.rolname::text, r.rolsuper, current_schema()::text,
        coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
        (SELECT pg_get_userbyid(relowner)::text FROM pg_class
            WHERE oid = to_regclass('view_events') AND NOT pg_has_role(relowner, 'USAGE')),
        ARRAY(SELECT extname::text FROM pg_extension),
        ARRAY(SELECT name::text FROM pg_available_extensions),
        ARRAY(SELECT name::text FROM pg_available_extension_versions
            WHERE r.rolsuper OR trusted AND has_database_privilege(d.oid, 'CREATE')),
        least(
            current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true)::int, 0),
            nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1))
    FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user";

impl Diagnosis {
    /// Connects.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(db: &Db) -> Result<Self> {
        Ok(Self { connection: db.own_connection().await? })
    }

    /// Which PostgreSQL it is. Every version can be asked.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(&mut self) -> Result<Version> {
        let version = Prepared::<(Text, Int4)>::new(
            "SELECT current_setting('server_version'), current_setting('server_version_num')::int",
        );
        Ok(version.get_result(&mut self.connection).await?)
    }

    /// How it is set up. The version must be one that the program runs on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn facts(&mut self) -> Result<Facts> {
        Ok(Prepared::<FactColumns>::new(FACTS).get_result(&mut self.connection).await?)
    }

    /// Whether it ignores the case of letters, also outside ASCII; why not, in words.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refuses_letters(&mut self) -> Result<Option<String>> {
        match check_character_type(&mut self.connection).await {
            Ok(()) => Ok(None),
            Err(MigrateError::Db(error)) => Err(error),
            Err(refusal) => Ok(Some(refusal.to_string())),
        }
    }

    /// What time its server thinks it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&mut self) -> Result<DateTime<Utc>> {
        Ok(Prepared::<Timestamptz>::new("SELECT clock_timestamp()").get_result(&mut self.connection).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extensions_are_those_that_the_migrations_create() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let mut created = Vec::new();
        for migration in std::fs::read_dir(folder).unwrap() {
            let sql = std::fs::read_to_string(migration.unwrap().path().join("up.sql")).unwrap_or_default();
            let names = sql.lines().filter_map(|line| line.strip_prefix("CREATE EXTENSION IF NOT EXISTS "));
            created.extend(names.map(|name| name.trim_end_matches(';').to_owned()));
        }
        created.sort();
        assert_eq!(created, EXTENSIONS);
    }
}
