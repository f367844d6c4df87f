//! The command line as a whole: which roles there are, and who plays them.

use clap::{Parser, Subcommand};

use super::{ABOUT, AFTER_HELP, Common, db, demo, doctor, key, schema, serve, user, views, with_app};

/// What a person typed.
#[derive(Debug, Parser)]
#[command(name = "arvlite", version, about = ABOUT, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Doctor(doctor::Doctor),
    #[command(subcommand)]
    Db(db::DbCommand),
    #[command(subcommand)]
    User(user::UserCommand),
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// The numbers of views.
    #[command(subcommand)]
    Views(views::ViewsCommand),
    Schema(schema::Schema),
}

/// Hands over to the role.
///
/// # Errors
/// In words for the operator.
pub async fn run(Arguments { common, role }: Arguments) -> anyhow::Result<()> {
    match role {
        Role::Demo(demo) => demo::run(&common, demo).await,
        Role::Serve(serve) => serve::run(&common, serve).await,
        Role::Doctor(doctor) => doctor::run(&common, doctor).await,
        Role::Db(command) => db::run(&common, command).await,
        Role::User(command) => with_app(&common, async |app| user::run(app, command).await).await,
        Role::Key(command) => with_app(&common, async |app| key::run(app, command).await).await,
        Role::Views(command) => with_app(&common, async |app| views::run(app, command).await).await,
        Role::Schema(schema) => schema::run(schema),
    }
}
