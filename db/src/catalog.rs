//! The constraints of the schema, read from the server's catalog: what a violation is about.

use std::collections::HashMap;

use diesel::sql_types::{Array, Text};
use diesel_async::RunQueryDsl;

use crate::prepared::Prepared;
use crate::{Db, Result, Scope};

/// All constraints and unique indexes, by name.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    constraints: HashMap<String, Constraint>,
}

/// A rule that the database holds rows to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// The table whose rows it is about.
    pub table: String,
    /// What kind of rule it is.
    pub kind: ConstraintKind,
    /// The columns that it names, in its own order. None for a rule over an expression.
    pub columns: Vec<String>,
}

/// The kinds of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// A row must satisfy a condition.
    Check,
    /// A row must point to one that exists, and may not be removed while it is pointed to.
    ForeignKey,
    /// No two rows may be alike, or the row is known by this.
    Unique,
    /// No two rows may overlap.
    Exclusion,
}

impl Catalog {
    /// Reads the catalog.
    pub(crate) async fn read(db: &Db) -> Result<Self> {
        let session = db.session(Scope::Everything);
        let rows: Vec<(String, String, String, Vec<String>)> =
            Prepared::<(Text, Text, Text, Array<Text>)>::new(CONSTRAINTS)
                .load(&mut *session.connection().await?)
                .await?;
        let constraints = rows.into_iter().map(|(name, table, kind, columns)| {
            let kind = match kind.as_str() {
                "c" => ConstraintKind::Check,
                "f" => ConstraintKind::ForeignKey,
                "x" => ConstraintKind::Exclusion,
                _ => ConstraintKind::Unique,
            };
            (name.clone(), Constraint { name, table, kind, columns })
        });
        Ok(Self { constraints: constraints.collect() })
    }

    /// The constraint of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Constraint> {
        self.constraints.get(name)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Constraint> {
        self.constraints.values()
    }
}

/// Constraints, and unique indexes that are none (partial ones and those over expressions). Partitions repeat their
/// parent's and are left out.
const CONSTRAINTS: &str = "
    SELECT c.conname::text, t.relname::text, c.contype::text,
        ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.connamespace = 'public'::regnamespace AND NOT t.relispartition AND t.relname NOT LIKE '\\_\\_diesel%'
    UNION ALL
    SELECT i.relname::text, t.relname::text, 'u',
        ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number AND k.number > 0 ORDER BY k.place)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE x.indisunique AND i.relnamespace = 'public'::regnamespace AND NOT t.relispartition
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x'))";
