//! A migration as Diesel runs it.
//!
//! Its own embedding keeps the texts to itself, and they are needed: for checksums, for the lint, and to be shown. So
//! the texts are ours and the running is Diesel's.

use std::error::Error;
use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{self, MigrationMetadata, MigrationName, MigrationVersion};
use diesel::pg::Pg;
use diesel::result::Error as DieselError;

use super::{Migration, sql};

/// A statement that was refused, and the line where its text begins.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: DieselError,
    text: &'static str,
    line: usize,
}

impl Failure {
    /// In the database's words, with the line.
    pub(super) fn in_words(&self) -> String {
        let DieselError::DatabaseError(_, said) = &self.error else { return self.error.to_string() };
        let position = said.statement_position().and_then(|position| usize::try_from(position).ok());
        let breaks = |position| self.text.chars().take(position).filter(|letter| *letter == '\n').count();
        let place = position.map_or_else(String::new, |position| format!(" (line {})", self.line + breaks(position)));
        let more = [said.details(), said.hint()].into_iter().flatten().map(|words| format!("\n{words}"));
        format!("{}{place}{}", said.message(), more.collect::<String>())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.in_words())
    }
}

impl Error for Failure {}

impl From<Box<dyn Error + Send + Sync>> for Failure {
    /// What failed beside our statements is Diesel's own bookkeeping.
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        let of = |error| Self { error, text: "", line: 1 };
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(error) => match error.downcast::<DieselError>() {
                Ok(error) => of(*error),
                Err(error) => of(DieselError::QueryBuilderError(error)),
            },
        }
    }
}

impl migration::Migration<Pg> for Migration {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> migration::Result<()> {
        self.send(self.up, connection)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Pg>) -> migration::Result<()> {
        self.send(self.down, connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl Migration {
    /// Several statements that are sent at once are a transaction for the server, so without one each goes by itself.
    fn send(&self, text: &'static str, connection: &mut dyn BoxableConnection<Pg>) -> migration::Result<()> {
        if self.in_transaction {
            return Ok(connection.batch_execute(text).map_err(|error| Failure { error, text, line: 1 })?);
        }
        for statement in sql::statements(text) {
            let (text, line) = (statement.text, statement.line);
            connection.batch_execute(text).map_err(|error| Failure { error, text, line })?;
        }
        Ok(())
    }
}

impl MigrationMetadata for Migration {
    fn run_in_transaction(&self) -> bool {
        self.in_transaction
    }
}

impl MigrationName for Migration {
    fn version(&self) -> MigrationVersion<'_> {
        Self::version(self).into()
    }
}

impl fmt::Display for Migration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}
