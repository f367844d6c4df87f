//! `arvlite key`: the keys that programs of partners show.

use std::sync::Arc;

use anyhow::anyhow;
use arvlite_db::models::{ApiKey, ApiKeyScope, Role};
use chrono::TimeDelta;
use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::operator;
use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::domain::api_key::{ApiKeyCreate, ApiKeyRevoke};
use crate::global_id::NodeId;

/// What to do about a key.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Makes a key for one company and prints it, once.
    #[command(after_help = "Examples:
  arvlite key create --company my-studio --name 'Order form'
  arvlite key create --company my-studio --name Reports --role VIEWER --scope READ --scope READ_ANALYTICS --days 90")]
    Create {
        /// The slug of the company.
        #[arg(long)]
        company: String,
        /// What the key is for.
        #[arg(long)]
        name: String,
        /// What it may do in the company.
        #[arg(long, default_value = "EDITOR", ignore_case = true, value_parser = operator::role())]
        role: Role,
        /// What it may be used for, within its role; everything unless it is given. May be repeated.
        #[arg(long = "scope", ignore_case = true, value_parser = scope())]
        scopes: Vec<ApiKeyScope>,
        /// Days until it ends; never unless it is given.
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        days: Option<u16>,
    },
    /// Ends a key.
    #[command(after_help = "Example:
  arvlite key revoke k7m2q9xw4d")]
    Revoke {
        /// Its prefix: the part between `arv_k_` and the next `_`.
        prefix: String,
    },
}

/// Does it, and says so.
///
/// # Errors
/// In words for the operator.
pub async fn run(app: &Arc<App>, command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Create { company, name, role, scopes, days } => {
            let company = operator::company(app, &company).await?;
            let scopes = if scopes.is_empty() { ApiKeyScope::ALL.to_vec() } else { scopes };
            let command = ApiKeyCreate {
                company_id: NodeId::of(company.id),
                name,
                role: role.into(),
                scopes: scopes.into_iter().map(Into::into).collect(),
                expires_at: days.map(|days| app.clock.now() + TimeDelta::days(days.into())),
                validate_only: false,
            };
            let created = operator::run(app, command).await?;
            eprintln!("A key of {}; it is not shown again:", company.name);
            let secret = created.secret.ok_or_else(|| anyhow!("the key was made before"))?;
            Ok(super::tell(&secret)?)
        }
        KeyCommand::Revoke { prefix } => {
            let session = app.db.session(Viewer::system().scope(Permission::ReadPeople));
            let key = ApiKey::by_prefix(&session, &prefix).await?;
            let key = key.ok_or_else(|| anyhow!("there is no key with the prefix {prefix}"))?;
            let command = ApiKeyRevoke { id: NodeId::of(key.id), validate_only: false };
            let revoked = operator::run(app, command).await?.row;
            eprintln!("The key {} ({}) no longer holds.", revoked.prefix, revoked.name);
            Ok(())
        }
    }
}

/// Reads a scope in any case.
fn scope() -> impl TypedValueParser<Value = ApiKeyScope> {
    let names = ApiKeyScope::ALL.iter().map(|scope| scope.as_str());
    PossibleValuesParser::new(names).try_map(|scope| scope.to_uppercase().parse())
}
