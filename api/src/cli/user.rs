//! `arvlite user`: the people who sign in.

use std::sync::Arc;

use arvlite_db::models::{Role, UserRole};
use clap::{Args, Subcommand};

use super::{operator, password};
use crate::app::App;
use crate::domain::membership::MembershipSet;
use crate::domain::user::{UserCreate, UserGrant, UserSetActive, UserSetPassword, hash_new_password};
use crate::global_id::NodeId;

/// What to do about a person.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Lets a new person in.
    #[command(after_help = "Examples:
  arvlite user create anna@studio.example --name 'Anna Ivanova' --admin
  arvlite user create oleg@studio.example --name 'Oleg' --company my-studio --role EDITOR --generate
  echo \"$PASSWORD\" | arvlite user create anna@studio.example --name Anna")]
    Create {
        /// The e-mail address that they sign in with.
        email: String,
        /// Their name.
        #[arg(long)]
        name: String,
        /// They run the platform: every company, every right.
        #[arg(long)]
        admin: bool,
        /// Where they work, and as what.
        #[command(flatten)]
        works: Option<Works>,
        /// Where the password comes from.
        #[command(flatten)]
        source: PasswordSource,
    },
    /// Gives a person another password; whoever is signed in as them no longer is.
    #[command(after_help = "Examples:
  arvlite user set-password anna@studio.example
  arvlite user set-password anna@studio.example --generate")]
    SetPassword {
        /// The e-mail address that they sign in with.
        email: String,
        /// Where the password comes from.
        #[command(flatten)]
        source: PasswordSource,
    },
    /// Gives a person a role in a company, or on the platform.
    #[command(after_help = "Examples:
  arvlite user grant oleg@studio.example --company my-studio --role MANAGER
  arvlite user grant anna@studio.example --admin true")]
    Grant {
        /// The e-mail address that they sign in with.
        email: String,
        /// Where they work, and as what.
        #[command(flatten)]
        works: Option<Works>,
        /// Whether they run the platform.
        #[arg(long, required_unless_present = "company")]
        admin: Option<bool>,
    },
    /// No longer lets a person in; whoever is signed in as them no longer is.
    #[command(after_help = "Examples:
  arvlite user disable oleg@studio.example
  arvlite user disable oleg@studio.example --undo")]
    Disable {
        /// The e-mail address that they sign in with.
        email: String,
        /// Lets them in again.
        #[arg(long)]
        undo: bool,
    },
}

/// Where somebody works, and as what.
#[derive(Debug, Args)]
pub struct Works {
    /// The slug of a company that they work for.
    #[arg(long, required = false, requires = "role")]
    company: String,
    /// What they may do there.
    #[arg(long, required = false, requires = "company", ignore_case = true, value_parser = operator::role())]
    role: Role,
}

/// Where the password comes from. It is asked for, or read from the standard input.
#[derive(Debug, Args)]
pub struct PasswordSource {
    /// Makes a password up and prints it.
    #[arg(long)]
    generate: bool,
}

/// Does it, and says so.
///
/// # Errors
/// In words for the operator.
pub async fn run(app: &Arc<App>, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Create { email, name, admin, works, source } => {
            let hashed_password = new_password(app, &source).await?;
            let role = if admin { UserRole::Admin } else { UserRole::Member };
            let command = UserCreate { email, full_name: name, role, hashed_password };
            let created = operator::run(app, command).await?.row;
            eprintln!("{} may sign in.", created.email);
            match works {
                Some(works) => grant(app, created.email, works).await,
                None => Ok(()),
            }
        }
        UserCommand::SetPassword { email, source } => {
            let id = NodeId::of(operator::person(app, &email).await?.id);
            let hashed_password = new_password(app, &source).await?;
            let changed = operator::run(app, UserSetPassword { id, hashed_password }).await?.row;
            eprintln!("{} has another password and is signed out everywhere.", changed.email);
            Ok(())
        }
        UserCommand::Grant { email, works, admin } => {
            if let Some(admin) = admin {
                let id = NodeId::of(operator::person(app, &email).await?.id);
                let role = if admin { UserRole::Admin } else { UserRole::Member };
                let changed = operator::run(app, UserGrant { id, role }).await?.row;
                let now = if admin { "runs" } else { "does not run" };
                eprintln!("{} {now} the platform.", changed.email);
            }
            match works {
                Some(works) => grant(app, email, works).await,
                None => Ok(()),
            }
        }
        UserCommand::Disable { email, undo } => {
            let id = NodeId::of(operator::person(app, &email).await?.id);
            let changed = operator::run(app, UserSetActive { id, is_active: undo }).await?.row;
            let now = if undo { "may sign in again" } else { "is no longer let in and signed out everywhere" };
            eprintln!("{} {now}.", changed.email);
            Ok(())
        }
    }
}

async fn grant(app: &Arc<App>, email: String, works: Works) -> anyhow::Result<()> {
    let company = operator::company(app, &works.company).await?;
    let user_id = Some(NodeId::of(operator::person(app, &email).await?.id));
    let (company_id, role) = (NodeId::of(company.id), works.role.into());
    operator::run(app, MembershipSet { company_id, user_id, email: None, role, validate_only: false }).await?;
    eprintln!("{email} is {} of {}.", works.role.as_str(), company.name);
    Ok(())
}

/// The hash of a password that was made up or typed. A made-up one is all that goes to the standard output.
async fn new_password(app: &App, source: &PasswordSource) -> anyhow::Result<String> {
    let password = if source.generate { password::generate() } else { password::ask().await? };
    let hashed = hash_new_password(app, password.clone()).await.map_err(operator::in_words)?;
    if source.generate {
        super::tell(&password)?;
    }
    Ok(hashed)
}
