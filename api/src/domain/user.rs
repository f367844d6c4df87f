//! People: letting one in, their password, what they are to the platform. Only whoever runs the platform does this,
//! by now at the command line.
//!
//! A password is hashed before the command runs, for no transaction should wait for that: see [`hash_new_password`].

use arvlite_db::models::{NewUser, SignIn, User, UserRole};
use serde::Serialize;

use super::{Changed, Checks, Command, Result, Work};
use crate::app::App;
use crate::auth::{Permission, Revoked, passwords};
use crate::global_id::NodeId;

/// A new person.
#[derive(Clone, Serialize)]
pub struct UserCreate {
    /// The e-mail address that they sign in with.
    pub email: String,
    /// Their name.
    pub full_name: String,
    /// What they are to the platform.
    pub role: UserRole,
    /// The hash of their password.
    #[serde(skip)]
    pub hashed_password: String,
}

/// Another password. It ends all sign-ins of its owner.
#[derive(Clone, Serialize)]
pub struct UserSetPassword {
    /// The person.
    pub id: NodeId<User>,
    /// The hash of the password.
    #[serde(skip)]
    pub hashed_password: String,
}

/// What somebody is to the platform. Roles in companies are memberships.
#[derive(Debug, Clone, Serialize)]
pub struct UserGrant {
    /// The person.
    pub id: NodeId<User>,
    /// What they are from now on.
    pub role: UserRole,
}

/// Whether somebody is let in. Locking them out ends all their sign-ins.
#[derive(Debug, Clone, Serialize)]
pub struct UserSetActive {
    /// The person.
    pub id: NodeId<User>,
    /// Whether they are.
    pub is_active: bool,
}

/// The hash of a password that somebody is to have.
///
/// # Errors
/// When it is unfit to be one, or too many are hashed already.
pub async fn hash_new_password(app: &App, password: String) -> Result<String> {
    let mut checks = Checks::default();
    passwords::check_new(&mut checks, "password", &password, app.config.mode);
    checks.finish()?;
    app.passwords.turn().await?.hash(password).await
}

impl Command for UserCreate {
    const NAME: &'static str = "userCreate";
    const NEEDS: Permission = Permission::ManageAccounts;
    type Outcome = Changed<User>;

    fn validate_only(&self) -> bool {
        false
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<User>> {
        let mut checks = Checks::default();
        let email = checks.email("email", &self.email);
        let full_name = checks.text("fullName", &self.full_name, 255);
        checks.finish()?;
        let new = NewUser {
            email,
            hashed_password: self.hashed_password.clone(),
            full_name,
            role: self.role,
            created_at: work.now,
            updated_at: work.now,
        };
        Ok(Changed::created(User::insert(work, &new).await?))
    }
}

impl Command for UserSetPassword {
    const NAME: &'static str = "userSetPassword";
    const NEEDS: Permission = Permission::ManageAccounts;
    type Outcome = Changed<User>;

    fn validate_only(&self) -> bool {
        false
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<User>> {
        let before = work.target("id", self.id).await?;
        let row = User::set_password(work, before.id, &self.hashed_password, work.now).await?;
        end_sign_ins(work, row.id).await?;
        Ok(Changed::edited(before, row))
    }
}

impl Command for UserGrant {
    const NAME: &'static str = "userGrant";
    const NEEDS: Permission = Permission::ManageAccounts;
    type Outcome = Changed<User>;

    fn validate_only(&self) -> bool {
        false
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<User>> {
        let before = work.target("id", self.id).await?;
        let row = User::set_role(work, before.id, self.role, work.now).await?;
        work.app.credentials.revoke(work, Revoked::User(row.id)).await?;
        Ok(Changed::edited(before, row))
    }
}

impl Command for UserSetActive {
    const NAME: &'static str = "userSetActive";
    const NEEDS: Permission = Permission::ManageAccounts;
    type Outcome = Changed<User>;

    fn validate_only(&self) -> bool {
        false
    }

    async fn run(&self, work: &Work<'_>) -> Result<Changed<User>> {
        let before = work.target("id", self.id).await?;
        let row = User::set_active(work, before.id, self.is_active, work.now).await?;
        if !row.is_active {
            end_sign_ins(work, row.id).await?;
        }
        Ok(Changed::edited(before, row))
    }
}

async fn end_sign_ins(work: &Work<'_>, user_id: i64) -> Result<()> {
    SignIn::revoke_all_of(work, user_id, work.now).await?;
    Ok(work.app.credentials.revoke(work, Revoked::User(user_id)).await?)
}
