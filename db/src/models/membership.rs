//! Who works for which company, and as what.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde::{Deserialize, Serialize};

use crate::entity::entity;
use crate::enums::text_enum;
use crate::schema::{memberships, users};
use crate::{NoFilter, Result, Session, Tx};

text_enum! {
    /// What somebody may do in a company.
    Role {
        /// Everything in it.
        Manager = "MANAGER",
        /// Works with its contents.
        Editor = "EDITOR",
        /// Looks.
        Viewer = "VIEWER",
    }
}

/// A row of `memberships`.
#[derive(Debug, Clone, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = memberships, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the columns are told in the migrations and in the API")]
pub struct Membership {
    pub id: i64,
    pub company_id: i64,
    pub user_id: i64,
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

entity!(
    Membership in memberships as "membership", scoped by company_id, permanent,
    ordered by MembershipOrder {},
    filtered by NoFilter,
    child of User by user_id,
    child of Company by company_id,
);

impl Membership {
    /// The role of a user in a company, if there is one.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn find(session: &Session, company_id: i64, user_id: i64) -> Result<Option<Self>> {
        let row = memberships::table
            .filter(memberships::company_id.eq(company_id))
            .filter(memberships::user_id.eq(user_id))
            .select(Self::as_select());
        let row: Option<Self> = row.get_result(&mut *session.connection().await?).await.optional()?;
        Ok(row.filter(|membership| session.scope().holds(membership.company_id)))
    }

    /// Every role of a user.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn of_user(session: &Session, user_id: i64) -> Result<Vec<Self>> {
        let read = || async {
            let rows = memberships::table.filter(memberships::user_id.eq(user_id)).order(memberships::id);
            Ok(rows.select(Self::as_select()).load(&mut *session.connection().await?).await?)
        };
        let rows: Vec<Self> = session.read(read).await?;
        Ok(rows.into_iter().filter(|membership| session.scope().holds(membership.company_id)).collect())
    }

    /// Whether somebody besides this user, who may sign in, manages a company.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn has_other_manager(session: &Session, company_id: i64, user_id: i64) -> Result<bool> {
        let others = memberships::table
            .inner_join(users::table.on(users::id.eq(memberships::user_id)))
            .filter(memberships::company_id.eq(company_id))
            .filter(memberships::user_id.ne(user_id))
            .filter(memberships::role.eq(Role::Manager))
            .filter(users::is_active);
        Ok(diesel::select(diesel::dsl::exists(others)).get_result(&mut *session.connection().await?).await?)
    }

    /// Gives a user a role in a company, in place of the one before.
    ///
    /// # Errors
    /// When a constraint refuses it or the statement fails.
    pub async fn set(tx: &Tx, company_id: i64, user_id: i64, role: Role, now: DateTime<Utc>) -> Result<Self> {
        let row = diesel::insert_into(memberships::table)
            .values((
                memberships::company_id.eq(company_id),
                memberships::user_id.eq(user_id),
                memberships::role.eq(role),
                memberships::created_at.eq(now),
            ))
            .on_conflict((memberships::company_id, memberships::user_id))
            .do_update()
            .set(memberships::role.eq(role))
            .returning(Self::as_returning());
        Ok(row.get_result(&mut *tx.connection().await?).await?)
    }

    /// Takes a role away.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn remove(tx: &Tx, id: i64) -> Result<()> {
        diesel::delete(memberships::table.find(id)).execute(&mut *tx.connection().await?).await?;
        Ok(())
    }
}
