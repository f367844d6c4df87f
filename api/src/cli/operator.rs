//! What the operator's roles share: running a command as the program itself, telling its refusal in words, and
//! finding what is named by slug or e-mail address.

use std::sync::Arc;

use anyhow::{Error as Told, anyhow};
use arvlite_db::models::{Company, Role, User};
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::app::App;
use crate::auth::{Permission, Viewer};
use crate::domain::execute::execute;
use crate::domain::{Command, Error, Executed};

/// Runs a command for the operator.
pub(super) async fn run<C: Command>(app: &Arc<App>, command: C) -> anyhow::Result<C::Outcome> {
    match execute(app, &Viewer::system(), command, None).await {
        Ok(Executed::Done(outcome)) => Ok(outcome),
        Ok(Executed::Valid(_)) => Err(anyhow!("nothing was stored")),
        Err(error) => Err(in_words(error)),
    }
}

/// An error in words.
pub(super) fn in_words(error: Error) -> Told {
    match error {
        Error::Refused(problems) => {
            let lines = problems.iter().map(|problem| format!("{} {}", problem.field.join("."), problem.message));
            anyhow!(lines.collect::<Vec<_>>().join("\n"))
        }
        Error::BadRequest { message, .. } => anyhow!(message),
        Error::Unauthenticated | Error::Forbidden => anyhow!("this is not allowed"),
        Error::NotFound | Error::InvalidCursor => anyhow!("there is no such thing"),
        Error::Throttled => anyhow!("the machine is too busy; try again in a moment"),
        Error::Db(error) => anyhow::Error::new(error),
        Error::Internal(error) => anyhow!("{error:#}"),
    }
}

/// The company of a slug.
pub(super) async fn company(app: &App, slug: &str) -> anyhow::Result<Company> {
    let session = app.db.session(Viewer::system().scope(Permission::ReadStudio));
    Company::by_slug(&session, slug).await?.ok_or_else(|| anyhow!("there is no company with the slug {slug}"))
}

/// The person of an e-mail address.
pub(super) async fn person(app: &App, email: &str) -> anyhow::Result<User> {
    let session = app.db.session(Viewer::system().scope(Permission::ReadPeople));
    User::by_email(&session, email.trim()).await?.ok_or_else(|| anyhow!("nobody signs in as {email}"))
}

/// Reads a role in any case.
pub(super) fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.iter().map(|role| role.as_str())).try_map(|role| role.to_uppercase().parse())
}
