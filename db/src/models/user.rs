//! A person who signs in.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Int4, Int8, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::entity::{entity, insertable};
use crate::enums::text_enum;
use crate::filter::filter;
use crate::predicate::Predicate;
use crate::prepared::Prepared;
use crate::schema::{memberships, users};
use crate::{Result, Scope, Session, Tx};

text_enum! {
    /// What somebody is to the platform.
    UserRole {
        /// Runs the platform: every company, every right.
        Admin = "ADMIN",
        /// Works for the companies of their memberships.
        Member = "MEMBER",
    }
}

/// A row of `users`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct User {
    pub id: i64,
    pub email: String,
    #[serde(skip)]
    pub hashed_password: String,
    pub full_name: String,
    pub role: UserRole,
    pub is_active: bool,
    pub last_login_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub login_attempts: i32,
    #[serde(skip)]
    pub locked_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

entity!(
    User in users as "user", scoped with colleagues, permanent,
    ordered by UserOrder { CreatedAt: created_at as Time, FullName: full_name as Text },
    filtered by UserFilter,
);

filter! {
    /// Which people a list holds; `search` looks at name and address.
    UserFilter of users {
        email: text,
        full_name: text,
        is_active: value(bool),
        last_login_at: time,
        created_at: time,
    } searched in email, full_name
}

/// Whoever works for a company of the scope.
fn colleagues(scope: &Scope) -> Option<Predicate<users::table>> {
    let members = memberships::table.select(memberships::user_id).into_boxed();
    let members = match scope {
        Scope::Everything => return None,
        Scope::Companies(ids) => match **ids {
            [one] => members.filter(memberships::company_id.eq(one)),
            _ => members.filter(memberships::company_id.eq_any(ids.to_vec())),
        },
        Scope::Nothing => members.filter(false.into_sql::<diesel::sql_types::Bool>()),
    };
    Some(Box::new(users::id.eq_any(members)))
}

/// What a new person needs.
#[derive(Debug, Insertable)]
#[diesel(table_name = users)]
#[expect(missing_docs, reason = "the columns are told at the row")]
pub struct NewUser {
    pub email: String,
    pub hashed_password: String,
    pub full_name: String,
    pub role: UserRole,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

insertable!(User from NewUser in users);

impl User {
    /// The person of this address, ignoring case. Reads past the scope: for signing in and for the operator.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn by_email(session: &Session, email: &str) -> Result<Option<Self>> {
        let read = || async {
            let row = users::table.filter(lower(users::email).eq(email.to_lowercase())).select(Self::as_select());
            Ok(row.get_result(&mut *session.connection().await?).await.optional()?)
        };
        session.read(read).await
    }

    /// Counts a try to sign in before the password is looked at, and tells whether it may be looked at. The
    /// `attempts`-th failure in a row locks the account until `locked_until`.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn count_login(
        session: &Session,
        email: &str,
        attempts: i32,
        now: DateTime<Utc>,
        locked_until: DateTime<Utc>,
    ) -> Result<bool> {
        let counted: Vec<(i64, i32)> = Prepared::<(Int8, Int4)>::new(
            "UPDATE users SET
                login_attempts = CASE WHEN locked_until <= ? THEN 1 ELSE login_attempts + 1 END,
                locked_until = CASE
                    WHEN (CASE WHEN locked_until <= ? THEN 1 ELSE login_attempts + 1 END) >= ? THEN ?
                    WHEN locked_until <= ? THEN NULL
                    ELSE locked_until END
             WHERE lower(email) = ? AND (locked_until IS NULL OR locked_until <= ?)
             RETURNING id, login_attempts",
        )
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .bind::<Int4, _>(attempts)
        .bind::<Nullable<Timestamptz>, _>(Some(locked_until))
        .bind::<Timestamptz, _>(now)
        .bind::<Text, _>(email.to_lowercase())
        .bind::<Timestamptz, _>(now)
        .load(&mut *session.connection().await?)
        .await?;
        Ok(!counted.is_empty())
    }

    /// Notes that somebody signed in: no failures count any more.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn signed_in(tx: &Tx, id: i64, now: DateTime<Utc>) -> Result<()> {
        let nobody: Option<DateTime<Utc>> = None;
        diesel::update(users::table.find(id))
            .set((users::last_login_at.eq(Some(now)), users::login_attempts.eq(0), users::locked_until.eq(nobody)))
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Stores a new password hash; no failures count any more.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_password(tx: &Tx, id: i64, hash: &str, now: DateTime<Utc>) -> Result<Self> {
        let nobody: Option<DateTime<Utc>> = None;
        let row = diesel::update(users::table.find(id))
            .set((
                users::hashed_password.eq(hash.to_owned()),
                users::login_attempts.eq(0),
                users::locked_until.eq(nobody),
                users::updated_at.eq(now),
            ))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }

    /// Stores the same password in a newer kind of hash: nothing that anybody edited.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn upgrade_password(tx: &Tx, id: i64, hash: &str) -> Result<()> {
        diesel::update(users::table.find(id))
            .set(users::hashed_password.eq(hash.to_owned()))
            .execute(&mut *tx.connection().await?)
            .await?;
        Ok(())
    }

    /// Makes somebody an administrator of the platform, or a member of companies.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_role(tx: &Tx, id: i64, role: UserRole, now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::update(users::table.find(id))
            .set((users::role.eq(role), users::updated_at.eq(now)))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }

    /// Lets a person in, or no longer.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn set_active(tx: &Tx, id: i64, is_active: bool, now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::update(users::table.find(id))
            .set((users::is_active.eq(is_active), users::updated_at.eq(now)))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }
}

diesel::define_sql_function! {
    /// Lower case, by the database's character type.
    fn lower(text: Text) -> Text;
}
