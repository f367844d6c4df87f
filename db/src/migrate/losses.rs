//! What a way back costs: the rows and values that it takes with it.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::Migration;
use super::run::patient;
use super::sql::{Reader, Statement, statements};
use crate::prepared::Prepared;
use crate::{Db, Result};

/// Something that a downgrade removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What: `the table videos`, `the column videos.failure`, `rows of videos`.
    pub what: String,
    /// What is counted: rows or values.
    pub unit: &'static str,
    /// How many; unknown where only running the statement would tell.
    pub count: Option<i64>,
}

/// What reverting these migrations would remove, as far as their statements say it. What is empty costs nothing and is
/// left out.
///
/// # Errors
/// When the database does not answer.
pub async fn losses(db: &Db, newest_first: &[&'static Migration]) -> Result<Vec<Loss>> {
    let mut connection = patient(db).await?;
    let mut found = Vec::new();
    for statement in newest_first.iter().flat_map(|migration| statements(migration.down)) {
        for removed in removed_by(&statement) {
            let loss = removed.count(&mut connection).await?;
            found.extend((loss.count != Some(0)).then_some(loss));
        }
    }
    Ok(found)
}

/// What a statement takes away.
#[derive(Debug, PartialEq, Eq)]
enum Removed {
    Table(String),
    Column(String, String),
    Rows(String),
}

fn removed_by(statement: &Statement<'_>) -> Vec<Removed> {
    let mut words = Reader(&statement.tokens);
    if words.pass("drop table") {
        words.pass("if exists");
        return words.list().into_iter().filter_map(|mut table| table.name()).map(Removed::Table).collect();
    }
    if words.pass("delete from") || words.pass("truncate table") || words.pass("truncate") {
        words.pass("only");
        return words.name().map(Removed::Rows).into_iter().collect();
    }
    if !words.pass("alter table") {
        return Vec::new();
    }
    words.pass("if exists");
    words.pass("only");
    let Some(table) = words.name() else { return Vec::new() };
    let column = |mut action: Reader<'_, '_>| {
        if !action.pass("drop") || action.pass("constraint") {
            return None;
        }
        action.pass("column");
        action.pass("if exists");
        Some(Removed::Column(table.clone(), action.name()?))
    };
    words.list().into_iter().filter_map(column).collect()
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Removed {
    /// What it is, and how much; nothing where it is not there.
    async fn count(self, connection: &mut AsyncPgConnection) -> Result<Loss> {
        let (what, unit, table, column) = match self {
            Self::Table(table) => (format!("the table {table}"), "rows", table, None),
            Self::Column(table, column) => (format!("the column {table}.{column}"), "values", table, Some(column)),
            Self::Rows(table) => return Ok(Loss { what: format!("rows of {table}"), unit: "rows", count: None }),
        };
        let is_there = Prepared::<Bool>::new(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(?) AND (? = '' OR attname = ?))",
        );
        let is_there = is_there
            .bind::<Text, _>(quoted(&table))
            .bind::<Text, _>(column.clone().unwrap_or_default())
            .bind::<Text, _>(column.clone().unwrap_or_default());
        if !is_there.get_result::<bool>(connection).await? {
            return Ok(Loss { what, unit, count: Some(0) });
        }
        let counted = column.map_or_else(|| "*".to_owned(), |column| quoted(&column));
        let query = format!("SELECT count({counted}) AS count FROM {}", quoted(&table));
        let found: Count = diesel::sql_query(query).get_result(connection).await?;
        Ok(Loss { what, unit, count: Some(found.count) })
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(sql: &str) -> Vec<Removed> {
        statements(sql).iter().flat_map(removed_by).collect()
    }

    #[test]
    fn what_a_statement_takes_away_is_read_from_it() {
        let table = |name: &str| Removed::Table(name.to_owned());
        let column = |of: &str, name: &str| Removed::Column(of.to_owned(), name.to_owned());
        assert_eq!(removed("DROP TABLE IF EXISTS a, public.b CASCADE"), [table("a"), table("b")]);
        assert_eq!(
            removed("ALTER TABLE a DROP COLUMN b, DROP CONSTRAINT c, DROP IF EXISTS \"D\" CASCADE, ADD e int"),
            [column("a", "b"), column("a", "D")]
        );
        assert_eq!(removed("DELETE FROM a WHERE b = 'DROP TABLE c'"), [Removed::Rows("a".to_owned())]);
        assert_eq!(removed("DROP INDEX a; DROP FUNCTION b; ALTER TABLE a ALTER b DROP NOT NULL"), []);
    }
}
