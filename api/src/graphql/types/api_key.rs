use arvlite_db::models;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::Company;
use crate::enums::{ApiKeyScope, Role};
use crate::global_id;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
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
}
