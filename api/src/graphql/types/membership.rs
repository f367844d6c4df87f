use std::sync::Arc;

use arvlite_db::models;
use async_graphql::{Context, Object};

use super::{Company, User};
use crate::auth::Who;
use crate::enums::Role;
use crate::graphql::context::ContextExt;
use crate::graphql::error::Result;
use crate::graphql::node::node_type;

node_type! {
    /// Somebody's role in a company.
    Membership over models::Membership
}

/// Somebody's role in a company.
#[Object]
impl Membership {
    /// The company.
    async fn company(&self, ctx: &Context<'_>) -> Result<Company> {
        ctx.the(self.0.company_id).await
    }

    /// The person.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        match &ctx.viewer().who {
            Who::User(signed_in) if signed_in.user.id == self.0.user_id => Ok(User(Arc::clone(&signed_in.user))),
            _ => ctx.the(self.0.user_id).await,
        }
    }

    /// What they may do there.
    async fn role(&self) -> Role {
        self.0.role.into()
    }
}
