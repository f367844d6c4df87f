use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::Membership;
use super::audit_entry::{AuditEntry, history};
use crate::auth::Who;
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, StringFilter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A person.
    User over models::User
}

/// A person who signs in.
#[Object]
impl User {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::User>(self.0.id)
    }

    /// Their e-mail address, which they sign in with.
    async fn email(&self) -> &str {
        &self.0.email
    }

    /// Their name.
    async fn full_name(&self) -> &str {
        &self.0.full_name
    }

    /// Whether they are let in.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// Whether they run the platform.
    async fn is_platform_admin(&self) -> bool {
        self.0.role == models::UserRole::Admin
    }

    /// When they last signed in.
    async fn last_login_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_login_at
    }

    /// Their companies, of those whose people the caller may see; their own to themselves.
    async fn memberships(&self, ctx: &Context<'_>) -> Result<Vec<Membership>> {
        if let Who::User(signed_in) = &ctx.viewer().who
            && signed_in.user.id == self.0.id
        {
            return Ok(signed_in.memberships.iter().cloned().map(Membership).collect());
        }
        let rows = ctx.loaders().all_children::<models::User, models::Membership>(self.0.id).await?;
        Ok(rows.iter().cloned().map(Membership).collect())
    }

    /// When they were let in first.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What was done to it, oldest first. A person belongs to no company, so this is for the platform alone.
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
        #[graphql(desc = "The cursor to start after.")] after: Option<String>,
        #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditEntry>>> {
        history(ctx, &*self.0, Paging::new(first, after, last, before)).await
    }
}

where_input! {
    /// Which people a list has.
    UserWhereInput for UserFilter {
        /// With such an e-mail address.
        email: StringFilter,
        /// Of such a name.
        full_name: StringFilter,
        /// Who may sign in, or may not.
        is_active: bool,
        /// Who last signed in then.
        last_login_at: DateTimeFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of people.
    UserOrder by UserOrderField {
        /// When it was created.
        CreatedAt,
        /// Their name, in the database's collation.
        FullName,
    }
}
