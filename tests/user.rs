//! People and keys as the operator makes them at the command line.

use arvlite_api::cli::key::{self, KeyCommand};
use arvlite_api::cli::user::{self, UserCommand};
use arvlite_api::domain::Error;
use arvlite_api::domain::user::{UserCreate, UserGrant, UserSetActive, UserSetPassword};
use arvlite_api::domain::{Command, execute::execute};
use arvlite_api::global_id::NodeId;
use arvlite_db::models::{ApiKey, Company, Membership, Role, User, UserRole};
use arvlite_db::{ChildOf, Page, Scope};
use clap::{Parser, Subcommand};

use crate::support::{Client, TestApp};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    role: Typed,
}

#[derive(Subcommand)]
enum Typed {
    #[command(subcommand)]
    User(UserCommand),
    #[command(subcommand)]
    Key(KeyCommand),
}

/// Runs what somebody types after `arvlite`, and gives what they are told if it fails.
async fn typed(app: &TestApp, line: &str) -> Result<(), String> {
    let line = Line::try_parse_from(format!("arvlite {line}").split(' ')).map_err(|error| error.to_string())?;
    let done = match line.role {
        Typed::User(command) => user::run(&app.app, command).await,
        Typed::Key(command) => key::run(&app.app, command).await,
    };
    done.map_err(|error| error.to_string())
}

async fn stored(app: &TestApp, email: &str) -> User {
    User::by_email(&app.app.db.session(Scope::Everything), email).await.unwrap().unwrap()
}

async fn role(app: &TestApp, user: &User, company_id: i64) -> Option<Role> {
    let session = app.app.db.session(Scope::Everything);
    Membership::find(&session, company_id, user.id).await.unwrap().map(|membership| membership.role)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_made_at_the_command_line() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    typed(&app, "user create anna@example.com --name Anna --admin --generate").await.unwrap();
    assert_eq!(stored(&app, "anna@example.com").await.role, UserRole::Admin);
    typed(&app, "user create oleg@example.com --name Oleg --company vertex --role editor --generate").await.unwrap();
    let oleg = stored(&app, "oleg@example.com").await;
    assert_eq!((oleg.role, role(&app, &oleg, studio.company.id).await), (UserRole::Member, Some(Role::Editor)));

    typed(&app, "user grant oleg@example.com --company vertex --role MANAGER").await.unwrap();
    assert_eq!(role(&app, &oleg, studio.company.id).await, Some(Role::Manager));
    typed(&app, "user grant anna@example.com --admin false").await.unwrap();
    assert_eq!(stored(&app, "anna@example.com").await.role, UserRole::Member);
    typed(&app, "user set-password OLEG@example.com --generate").await.unwrap();
    assert_ne!(stored(&app, "oleg@example.com").await.hashed_password, oleg.hashed_password);
    typed(&app, "user disable oleg@example.com").await.unwrap();
    assert!(!stored(&app, "oleg@example.com").await.is_active);
    typed(&app, "user disable oleg@example.com --undo").await.unwrap();
    assert!(stored(&app, "oleg@example.com").await.is_active);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_work_is_told_in_words() {
    let app = TestApp::start().await;
    app.studio("Vertex").await;
    typed(&app, "user create anna@example.com --name Anna --generate").await.unwrap();
    for (line, told) in [
        ("user create Anna@example.com --name Anna --generate", "email is taken already"),
        ("user create anna --name Anna --generate", "email is not an e-mail address"),
        ("user disable nobody@example.com", "nobody signs in as nobody@example.com"),
        ("user grant anna@example.com --company none --role VIEWER", "there is no company with the slug none"),
        ("user grant anna@example.com --company vertex", "--role"),
        ("user grant anna@example.com", "--admin"),
        ("user create boris@example.com --name Boris --password secret", "--password"),
        ("key revoke nothing", "there is no key with the prefix nothing"),
        ("key create --company vertex --name Key --scope EVERYTHING", "READ_ANALYTICS"),
    ] {
        let answer = typed(&app, line).await.unwrap_err();
        assert!(answer.contains(told), "{line}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_at_the_command_line() {
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let session = app.app.db.session(Scope::Everything);
    typed(&app, "key create --company vertex --name Form --role viewer --scope read --days 30").await.unwrap();
    let key = <ApiKey as ChildOf<Company>>::of_parents(&session, &[studio.company.id], &Page::first(1))
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!((key.role, key.name.as_str(), key.scopes.len()), (Role::Viewer, "Form", 1));
    typed(&app, &format!("key revoke {}", key.prefix)).await.unwrap();
    assert!(ApiKey::by_prefix(&session, &key.prefix).await.unwrap().unwrap().revoked_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_platform_makes_people() {
    async fn refused<C: Command>(client: &Client, app: &TestApp, command: C) {
        let answer = execute(&app.app, &client.viewer, command, None).await;
        assert!(matches!(answer, Err(Error::Forbidden)), "{}", C::NAME);
    }
    let app = TestApp::start().await;
    let studio = app.studio("Vertex").await;
    let manager = app.member(studio.company.id, Role::Manager).await;
    let key = app.key(studio.company.id, Role::Manager, arvlite_db::models::ApiKeyScope::ALL).await;
    let id = NodeId::of(1);
    for client in [&manager, &key] {
        let (email, full_name, hashed_password) = ("a@example.com".to_owned(), "A".to_owned(), String::new());
        let create = UserCreate { email, full_name, role: UserRole::Admin, hashed_password: String::new() };
        refused(client, &app, create).await;
        refused(client, &app, UserSetPassword { id, hashed_password }).await;
        refused(client, &app, UserGrant { id, role: UserRole::Admin }).await;
        refused(client, &app, UserSetActive { id, is_active: true }).await;
    }
}
