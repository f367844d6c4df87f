//! The binary: reads the command line and hands over to a role.

use std::process::ExitCode;

use arvlite_api::cli::{self, Common, db, demo, key, schema, serve, user, with_app};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "arvlite", version, about = cli::ABOUT, after_help = cli::AFTER_HELP)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    Demo(demo::Demo),
    Serve(serve::Serve),
    #[command(subcommand)]
    Db(db::DbCommand),
    #[command(subcommand)]
    User(user::UserCommand),
    #[command(subcommand)]
    Key(key::KeyCommand),
    Schema(schema::Schema),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Arguments { common, role } = Arguments::parse();
    let done = match role {
        Role::Demo(demo) => demo::run(&common, demo).await,
        Role::Serve(serve) => serve::run(&common, serve).await,
        Role::Db(command) => db::run(&common, command).await,
        Role::User(command) => with_app(&common, async |app| user::run(app, command).await).await,
        Role::Key(command) => with_app(&common, async |app| key::run(app, command).await).await,
        Role::Schema(schema) => schema::run(schema),
    };
    cli::exit_code(&done)
}
