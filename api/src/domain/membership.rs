//! Memberships: giving somebody a role in a company, and taking it away.
//!
//! A company's manager names a colleague by id, or anybody who signs in here by their exact e-mail address: there is
//! no list to look through, and no other way to bring a person in. A company keeps a manager; only whoever runs the
//! platform may take the last one away.

use arvlite_db::Entity;
use arvlite_db::models::{Company, Membership, Role, User};
use async_graphql::InputObject;
use serde::Serialize;

use super::{Changed, Checks, Command, Error, ProblemCode, Result, Work};
use crate::auth::{Permission, Revoked};
use crate::enums;
use crate::global_id::NodeId;

/// Somebody's role in a company, in place of the one before.
#[derive(Debug, Clone, Serialize, InputObject)]
#[graphql(name = "MembershipSetInput")]
pub struct MembershipSet {
    /// The company.
    pub company_id: NodeId<Company>,
    /// The person, if they work for a company of yours. Either this or their e-mail address.
    pub user_id: Option<NodeId<User>>,
    /// The e-mail address that the person signs in with.
    pub email: Option<String>,
    /// What they may do; at most what the caller may.
    pub role: enums::Role,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

/// The end of somebody's work for a company.
#[derive(Debug, Clone, Serialize, InputObject)]
#[graphql(name = "MembershipRemoveInput")]
pub struct MembershipRemove {
    /// The company.
    pub company_id: NodeId<Company>,
    /// The person.
    pub user_id: NodeId<User>,
    /// Only try: nothing is stored.
    #[graphql(default)]
    pub validate_only: bool,
}

impl Command for MembershipSet {
    const NAME: &'static str = "membershipSet";
    const NEEDS: Permission = Permission::ManagePeople;
    type Outcome = Changed<Membership>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Membership>> {
        // Locked, so that two managers cannot take each other's role away at once.
        let company = work.target("companyId", self.company_id).await?;
        let user = self.user(work).await?;
        let role: Role = self.role.into();
        if !work.viewer.covers(role, company.id) {
            return Err(Error::refused(ProblemCode::NotAllowed, "role", "opens more than you may yourself"));
        }
        let before = Membership::find(work, company.id, user.id).await?;
        if role != Role::Manager {
            keep_a_manager(work, before.as_ref(), "role").await?;
        }
        let row = Membership::set(work, company.id, user.id, role, work.now).await?;
        work.app.credentials.revoke(work, Revoked::User(user.id)).await?;
        Ok(match before {
            Some(before) => Changed::edited(before, row),
            None => Changed::created(row),
        })
    }
}

impl MembershipSet {
    async fn user(&self, work: &Work<'_>) -> Result<User> {
        let (field, found) = match (self.user_id, &self.email) {
            (Some(id), None) => ("userId", User::by_ids(work, &[id.number()]).await?.pop()),
            (None, Some(email)) => {
                let mut checks = Checks::default();
                let email = checks.email("email", email);
                checks.finish()?;
                ("email", User::by_email(work, &email).await?)
            }
            (None, None) => return Err(Error::refused(ProblemCode::Required, "userId", "or email must be given")),
            (Some(_), Some(_)) => {
                return Err(Error::refused(ProblemCode::Invalid, "userId", "and email cannot both be given"));
            }
        };
        found.ok_or_else(|| Error::refused(ProblemCode::NotFound, field, "was not found"))
    }
}

impl Command for MembershipRemove {
    const NAME: &'static str = "membershipRemove";
    const NEEDS: Permission = Permission::ManagePeople;
    type Outcome = Changed<Membership>;

    fn validate_only(&self) -> bool {
        self.validate_only
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<Membership>> {
        let company = work.target("companyId", self.company_id).await?;
        let membership = Membership::find(work, company.id, self.user_id.number()).await?;
        let membership = membership.ok_or_else(|| Error::refused(ProblemCode::NotFound, "userId", "was not found"))?;
        keep_a_manager(work, Some(&membership), "userId").await?;
        Membership::remove(work, membership.id).await?;
        work.app.credentials.revoke(work, Revoked::User(membership.user_id)).await?;
        Ok(Changed::removed(membership))
    }
}

/// Refuses to end the membership of a company's last manager.
async fn keep_a_manager(work: &Work<'_>, ending: Option<&Membership>, field: &str) -> Result<()> {
    let Some(ending) = ending.filter(|membership| membership.role == Role::Manager) else { return Ok(()) };
    let runs_the_platform = work.viewer.may_somewhere(Permission::ManageAccounts);
    if runs_the_platform || Membership::has_other_manager(work, ending.company_id, ending.user_id).await? {
        return Ok(());
    }
    Err(Error::refused(ProblemCode::InUse, field, "would leave the company without a manager"))
}
