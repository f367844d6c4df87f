use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::Company;
use super::audit_entry::{AuditEntry, history};
use crate::enums::{ApiKeyScope, Role};
use crate::global_id;
use crate::graphql::connection::{Connection, Paging};
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::filters::{DateTimeFilter, IdFilter, StringFilter, enum_filter, order_input, where_input};
use crate::graphql::node::node_type;

node_type! {
    /// A key.
    ApiKey over models::ApiKey
}

/// A partner's key to one company. Its secret is shown once, when it is created.
#[Object]
impl ApiKey {
    /// Opaque, typed and stable.
    pub async fn id(&self) -> ID {
        global_id::encode::<models::ApiKey>(self.0.id)
    }

    /// What it is for.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The part of the key that may be shown: it tells keys apart.
    async fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// What it may do in the company.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// What it may be used for.
    async fn scopes(&self) -> Vec<ApiKeyScope> {
        self.0.scopes.iter().map(|scope| (*scope).into()).collect()
    }

    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// Until when it holds; null if that never comes.
    async fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.0.expires_at
    }

    /// When it was last used, to some minutes.
    async fn last_used_at(&self) -> Option<DateTime<Utc>> {
        self.0.last_used_at
    }

    /// When it was revoked.
    async fn revoked_at(&self) -> Option<DateTime<Utc>> {
        self.0.revoked_at
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What was done to it, oldest first. For those who may see what was done in the company.
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

enum_filter! {
    /// What a key's role must be.
    RoleFilter of Role
}

where_input! {
    /// Which keys a list has.
    ApiKeyWhereInput for ApiKeyFilter {
        /// Of these companies.
        company_id: IdFilter of Company,
        /// Of such a name.
        name: StringFilter,
        /// That begin so.
        prefix: StringFilter,
        /// Of such a role.
        role: RoleFilter,
        /// That open until then.
        expires_at: DateTimeFilter,
        /// That were revoked then.
        revoked_at: DateTimeFilter,
        /// Created then.
        created_at: DateTimeFilter,
    }
}

order_input! {
    /// The order of a list of keys.
    ApiKeyOrder by ApiKeyOrderField {
        /// When it was created.
        CreatedAt,
    }
}
