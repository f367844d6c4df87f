//! Prints `db/src/schema.rs` from the catalog of a migrated database.

use std::collections::BTreeMap;
use std::fmt::Write;

use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::RunQueryDsl;

use crate::prepared::Prepared;
use crate::{Db, Result, Scope};

/// Diesel's view of the tables, as Rust source.
///
/// # Errors
/// When the database cannot be read.
pub async fn print_schema(db: &Db) -> Result<String> {
    let session = db.session(Scope::Everything);
    let columns: Vec<(String, String, String, bool, i64)> =
        Prepared::<(Text, Text, Text, Bool, BigInt)>::new(COLUMNS).load(&mut *session.connection().await?).await?;
    let mut tables: BTreeMap<String, Vec<(String, String, bool, i64)>> = BTreeMap::new();
    for (table, column, kind, nullable, key_place) in columns {
        tables.entry(table).or_default().push((column, kind, nullable, key_place));
    }
    let mut source = String::from("// Printed by `arvlite db print-schema`; do not edit.\n");
    for (table, columns) in &tables {
        let mut key: Vec<_> = columns.iter().filter(|column| column.3 > 0).collect();
        key.sort_by_key(|column| column.3);
        let key: Vec<&str> = key.iter().map(|column| column.0.as_str()).collect();
        let _ = write!(source, "\ndiesel::table! {{\n    {table} ({}) {{\n", key.join(", "));
        for (column, kind, nullable, _) in columns {
            let kind = sql_type(kind);
            let kind = if *nullable { format!("Nullable<{kind}>") } else { kind };
            let _ = writeln!(source, "        {column} -> {kind},");
        }
        source.push_str("    }\n}\n");
    }
    source.push_str("\ndiesel::allow_tables_to_appear_in_same_query!(\n");
    for table in tables.keys() {
        let _ = writeln!(source, "    {table},");
    }
    source.push_str(");\n");
    Ok(source)
}

fn sql_type(name: &str) -> String {
    if let Some(element) = name.strip_prefix('_') {
        return format!("Array<{}>", sql_type(element));
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

const COLUMNS: &str = "
    SELECT t.relname::text, a.attname::text, y.typname::text, NOT a.attnotnull,
        coalesce(array_position(p.conkey, a.attnum), 0)::bigint
    FROM pg_class t
    JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_constraint p ON p.conrelid = t.oid AND p.contype = 'p'
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
        AND t.relname NOT LIKE '\\_\\_diesel%'
    ORDER BY t.relname, a.attnum";
