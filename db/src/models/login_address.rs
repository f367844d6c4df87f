//! Failed sign-ins by the address that they came from.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Int4, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use crate::prepared::Prepared;
use crate::{Result, Session, Tx};

/// The table `login_addresses`.
#[derive(Debug)]
pub struct LoginAddress;

impl LoginAddress {
    /// Counts a try before the password is looked at, and tells whether it may be looked at. The `attempts`-th failure
    /// locks the address until `locked_until`; when that is over, or when the try before was made before
    /// `forgotten_before`, counting starts anew.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn count_login(
        session: &Session,
        address: &str,
        attempts: i32,
        now: DateTime<Utc>,
        locked_until: DateTime<Utc>,
        forgotten_before: DateTime<Utc>,
    ) -> Result<bool> {
        let counted: Vec<i32> = Prepared::<Int4>::new(
            "INSERT INTO login_addresses AS known (address, login_attempts, last_attempt_at) VALUES (?, 1, ?)
             ON CONFLICT (address) DO UPDATE SET
                login_attempts = CASE
                    WHEN known.locked_until IS NOT NULL OR known.last_attempt_at < ? THEN 1
                    ELSE known.login_attempts + 1 END,
                locked_until = CASE
                    WHEN known.locked_until IS NULL AND known.last_attempt_at >= ? AND known.login_attempts + 1 >= ?
                    THEN ? END,
                last_attempt_at = ?
             WHERE known.locked_until IS NULL OR known.locked_until <= ?
             RETURNING login_attempts",
        )
        .bind::<Text, _>(address.to_owned())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(forgotten_before)
        .bind::<Timestamptz, _>(forgotten_before)
        .bind::<Int4, _>(attempts)
        .bind::<Timestamptz, _>(locked_until)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .load(&mut *session.connection().await?)
        .await?;
        Ok(!counted.is_empty())
    }

    /// Takes back one counted try that turned out to be right. The failures of others behind the same address still
    /// count: whoever owns one account must not be able to wipe them away.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn uncount_login(session: &Session, address: &str) -> Result<()> {
        Prepared::<()>::new(
            "UPDATE login_addresses SET login_attempts = greatest(login_attempts - 1, 0), locked_until = NULL
             WHERE address = ?",
        )
        .bind::<Text, _>(address.to_owned())
        .execute(&mut *session.connection().await?)
        .await?;
        Ok(())
    }

    /// Forgets addresses that nobody tried from since an instant.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn forget(tx: &Tx, before: DateTime<Utc>) -> Result<()> {
        Prepared::<()>::new("DELETE FROM login_addresses WHERE last_attempt_at < ?")
            .bind::<Timestamptz, _>(before)
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }
}
