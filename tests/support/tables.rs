//! The tables as the catalog of a migrated database tells of them.

use arvlite_db::Catalog;

use super::TestApp;

/// Logs, which outlive what they tell of, and what is made of them: their company is no reference.
const LOGS: [&str; 4] = ["audit_log", "view_events", "view_rollups", "view_rollup_states"];

/// A column of a table.
pub struct Column {
    pub table: String,
    pub name: String,
    pub of: String,
    pub not_null: bool,
    pub identity: String,
}

/// A foreign key.
pub struct Reference {
    pub name: String,
    pub table: String,
    pub columns: Vec<String>,
    pub parent: String,
    pub parent_columns: Vec<String>,
    pub on_delete: String,
    pub nulled: Vec<String>,
    pub is_deferrable: bool,
    pub is_deferred: bool,
}

/// An index, or what a constraint is held by.
pub struct Index {
    pub name: String,
    pub table: String,
    pub columns: Vec<String>,
    pub is_unique: bool,
    pub is_constraint: bool,
    pub condition: Option<String>,
}

/// The tables as the catalog tells of them.
pub struct Tables {
    pub names: Vec<String>,
    pub columns: Vec<Column>,
    pub references: Vec<Reference>,
    pub indexes: Vec<Index>,
    pub checks: Vec<(String, String)>,
    pub constraints: Catalog,
}

impl Tables {
    pub async fn read() -> Self {
        let app = TestApp::start().await;
        let sql = app.connect().await;
        let rows = sql.query(COLUMNS, &[]).await.unwrap();
        let columns = rows.iter().map(|row| Column {
            table: row.get(0),
            name: row.get(1),
            of: row.get(2),
            not_null: row.get(3),
            identity: row.get(4),
        });
        let columns = columns.collect();
        let rows = sql.query(REFERENCES, &[]).await.unwrap();
        let references = rows.iter().map(|row| Reference {
            name: row.get(0),
            table: row.get(1),
            columns: row.get(2),
            parent: row.get(3),
            parent_columns: row.get(4),
            on_delete: row.get(5),
            nulled: row.get(6),
            is_deferrable: row.get(7),
            is_deferred: row.get(8),
        });
        let references = references.collect();
        let rows = sql.query(INDEXES, &[]).await.unwrap();
        let indexes = rows.iter().map(|row| Index {
            name: row.get(0),
            table: row.get(1),
            columns: row.get(2),
            is_unique: row.get(3),
            is_constraint: row.get(4),
            condition: row.get(5),
        });
        let indexes = indexes.collect();
        let rows = sql.query(CHECKS, &[]).await.unwrap();
        let checks = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let constraints = Catalog::clone(app.app.db.catalog().await.unwrap());
        Self { names: app.tables().await, columns, references, indexes, checks, constraints }
    }

    pub fn column(&self, table: &str, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.table == table && column.name == name)
    }

    pub fn references_of<'a>(&'a self, table: &'a str) -> impl Iterator<Item = &'a Reference> {
        self.references.iter().filter(move |reference| reference.table == table)
    }

    pub fn has_index(&self, table: &str, leading: &[&str]) -> bool {
        let whole = |index: &&Index| index.table == table && index.condition.is_none();
        self.indexes
            .iter()
            .filter(whole)
            .any(|index| index.columns.iter().map(String::as_str).take(leading.len()).eq(leading.iter().copied()))
    }

    /// The tables that belong to companies.
    pub fn tenants(&self) -> Vec<&str> {
        let owned = |table: &&str| self.column(table, "company_id").is_some() && !LOGS.contains(table);
        self.names.iter().map(String::as_str).filter(owned).collect()
    }
}

const COLUMNS: &str = "
    SELECT t.relname::text, a.attname::text, y.typname::text, a.attnotnull, a.attidentity::text
    FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type y ON y.oid = a.atttypid
    WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT t.relispartition
        AND t.relname NOT LIKE '\\_\\_diesel%'";

const REFERENCES: &str = "
    SELECT c.conname::text, t.relname::text,
        ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number ORDER BY k.place),
        p.relname::text,
        ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number ORDER BY k.place),
        c.confdeltype::text,
        ARRAY(SELECT a.attname::text FROM unnest(c.confdelsetcols) k(number)
            JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number),
        c.condeferrable, c.condeferred
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND NOT t.relispartition";

const INDEXES: &str = "
    SELECT i.relname::text, t.relname::text,
        ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k(number, place)
            JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
            WHERE k.place <= x.indnkeyatts ORDER BY k.place),
        x.indisunique, EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = x.indexrelid AND c.contype IN ('p', 'u', 'x')),
        pg_get_expr(x.indpred, x.indrelid)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE i.relnamespace = 'public'::regnamespace AND NOT t.relispartition AND t.relname NOT LIKE '\\_\\_diesel%'";

const CHECKS: &str = "
    SELECT t.relname::text, pg_get_constraintdef(c.oid)
    FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    WHERE c.contype = 'c' AND c.connamespace = 'public'::regnamespace AND NOT t.relispartition";
