use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::{ApiKey, Membership, User};
use crate::auth::{self, Permission, Who};

/// Who is asking.
#[derive(Debug, Clone)]
pub struct Viewer(pub(crate) auth::Viewer);

/// What kind of caller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ViewerKind {
    /// Nobody that is known.
    Anonymous,
    /// A person.
    User,
    /// A partner's program.
    ApiKey,
}

/// Who is asking.
#[Object]
impl Viewer {
    /// Tells callers apart; stable for a person and for a key.
    pub async fn id(&self) -> ID {
        match &self.0.who {
            Who::Anonymous | Who::System => ID("anonymous".to_owned()),
            Who::User(_) | Who::ApiKey(_) => ID(self.0.name()),
        }
    }

    /// What kind of caller.
    async fn kind(&self) -> ViewerKind {
        match self.0.who {
            Who::Anonymous | Who::System => ViewerKind::Anonymous,
            Who::User(_) => ViewerKind::User,
            Who::ApiKey(_) => ViewerKind::ApiKey,
        }
    }

    /// The person.
    async fn user(&self) -> Option<User> {
        match &self.0.who {
            Who::User(signed_in) => Some(User(Arc::clone(&signed_in.user))),
            _ => None,
        }
    }

    /// The key.
    async fn api_key(&self) -> Option<ApiKey> {
        match &self.0.who {
            Who::ApiKey(holder) => Some(ApiKey(Arc::clone(&holder.key))),
            _ => None,
        }
    }

    /// The person's companies.
    async fn memberships(&self, _ctx: &Context<'_>) -> Vec<Membership> {
        match &self.0.who {
            Who::User(signed_in) => signed_in.memberships.iter().cloned().map(Membership).collect(),
            _ => Vec::new(),
        }
    }

    /// What the caller may do in at least one company, such as READ_STUDIO or WRITE_CONTENT.
    async fn permissions(&self) -> Vec<&'static str> {
        let open = Permission::ALL.iter().filter(|permission| self.0.may_somewhere(**permission));
        open.map(|permission| permission.as_str()).collect()
    }
}
