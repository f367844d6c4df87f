//! Statements straight to the database: for what no command does, and to see what is stored.

use std::collections::BTreeMap;

use super::TestApp;

impl TestApp {
    /// A connection of one's own.
    pub async fn connect(&self) -> tokio_postgres::Client {
        let url = self.app.config.database_url.as_deref().unwrap();
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Runs statements.
    pub async fn change(&self, statements: &str) {
        self.connect()
            .await
            .batch_execute(statements)
            .await
            .unwrap_or_else(|error| panic!("{error:?} in {statements}"));
    }

    /// The constraint that refuses statements, of which then none holds.
    pub async fn refusal(&self, statements: &str) -> String {
        let refused = self.connect().await.batch_execute(statements).await.unwrap_err();
        refused.as_db_error().and_then(|error| error.constraint()).unwrap_or_default().to_owned()
    }

    /// The first column of a query's rows.
    pub async fn column<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, query: &str) -> Vec<T> {
        let rows = self.connect().await.query(query, &[]).await.unwrap_or_else(|error| panic!("{error:?} in {query}"));
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// The names of all tables, partitions apart.
    pub async fn tables(&self) -> Vec<String> {
        self.column(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                AND NOT relispartition AND relname NOT LIKE '\\_\\_diesel%' ORDER BY relname",
        )
        .await
    }

    /// What is in each table, as a digest.
    pub async fn contents(&self) -> BTreeMap<String, String> {
        let mut contents = BTreeMap::new();
        for table in self.tables().await {
            let digest = format!("SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {table} t");
            contents.insert(table, self.column(&digest).await.remove(0));
        }
        contents
    }

    /// How many rows each table has.
    pub async fn row_counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for table in self.tables().await {
            let count = self.column(&format!("SELECT count(*) FROM {table}")).await[0];
            counts.insert(table, count);
        }
        counts
    }
}
