//! The one who asks.

use std::sync::Arc;

use arvlite_db::models::{ActorKind, ApiKey, Membership, Role, User, UserRole};
use arvlite_db::{Entity, Scope};

use super::Permission;

/// The one who asks, and the request they ask in. Made once at the edge. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Who.
    pub who: Who,
    /// From where.
    pub caller: Arc<Caller>,
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Who {
    /// Nobody that is known: a phone, or somebody about to sign in.
    Anonymous,
    /// A person.
    User(Arc<SignedIn>),
    /// A partner's program.
    ApiKey(Arc<KeyHolder>),
    /// The program itself, or its operator at the command line. Never made from a request.
    System,
}

/// A person who signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// The sign-in that the token belongs to.
    pub sign_in_id: i64,
    /// The person.
    pub user: Arc<User>,
    /// Their companies.
    pub memberships: Vec<Arc<Membership>>,
}

/// A program that showed a key.
#[derive(Debug)]
pub struct KeyHolder {
    /// The key.
    pub key: Arc<ApiKey>,
}

/// Where a request came from, for logs, audit rows and limits.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The peer's address.
    pub address: Option<String>,
    /// The program that it names.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: String,
}

impl Viewer {
    /// Somebody unknown.
    #[must_use]
    pub fn anonymous(caller: Caller) -> Self {
        Self { who: Who::Anonymous, caller: Arc::new(caller) }
    }

    /// The program itself.
    #[must_use]
    pub fn system() -> Self {
        Self { who: Who::System, caller: Arc::default() }
    }

    /// Whether anybody is known to ask.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        matches!(self.who, Who::Anonymous)
    }

    /// The rows that a permission opens.
    #[must_use]
    pub fn scope(&self, permission: Permission) -> Scope {
        match &self.who {
            Who::Anonymous => Scope::Nothing,
            Who::System => Scope::Everything,
            Who::User(signed_in) if signed_in.user.role == UserRole::Admin => Scope::Everything,
            Who::User(signed_in) => {
                let open = signed_in.memberships.iter().filter(|membership| permission.is_open_to(membership.role));
                Scope::companies(open.map(|membership| membership.company_id))
            }
            Who::ApiKey(holder) => {
                let key = &holder.key;
                let scoped = permission.key_scope().is_some_and(|scope| key.scopes.contains(&scope));
                Scope::companies((scoped && permission.is_open_to(key.role)).then_some(key.company_id))
            }
        }
    }

    /// Whether they may do something in a company.
    #[must_use]
    pub fn may(&self, permission: Permission, company_id: i64) -> bool {
        self.scope(permission).holds(company_id)
    }

    /// The companies of which a program reports views that others look at, as that of a kiosk: what its own name and
    /// address tell is nobody's device.
    #[must_use]
    pub fn reports_for(&self) -> Option<Scope> {
        matches!(self.who, Who::ApiKey(_)).then(|| self.scope(Permission::WriteViews))
    }

    /// Whether they may do something anywhere. What belongs to no company, such as creating one, is the platform's.
    #[must_use]
    pub fn may_somewhere(&self, permission: Permission) -> bool {
        self.scope(permission) != Scope::Nothing
    }

    /// Whether they may do something to a row: of what belongs to no company, the platform alone.
    #[must_use]
    pub fn may_to(&self, permission: Permission, row: &impl Entity) -> bool {
        let scope = self.scope(permission);
        row.company().map_or(scope == Scope::Everything, |company| scope.holds(company))
    }

    /// Whether they may do everything in a company that a role opens there: nobody gives away more than they have.
    #[must_use]
    pub fn covers(&self, role: Role, company_id: i64) -> bool {
        let opened = Permission::ALL.iter().filter(|permission| permission.is_open_to(role));
        opened.copied().all(|permission| self.may(permission, company_id))
    }

    /// What tells callers apart: for keys of repeated writes, and for budgets.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.who {
            Who::Anonymous => format!("address:{}", self.caller.address.as_deref().unwrap_or("unknown")),
            Who::User(signed_in) => format!("user:{}", signed_in.user.id),
            Who::ApiKey(holder) => format!("key:{}", holder.key.id),
            Who::System => "system".to_owned(),
        }
    }

    /// Kind, id and e-mail for the audit log.
    #[must_use]
    pub fn actor(&self) -> (ActorKind, Option<i64>, Option<String>) {
        match &self.who {
            Who::Anonymous | Who::System => (ActorKind::System, None, None),
            Who::User(signed_in) => (ActorKind::User, Some(signed_in.user.id), Some(signed_in.user.email.clone())),
            Who::ApiKey(holder) => (ActorKind::ApiKey, Some(holder.key.id), None),
        }
    }
}
