//! The binary: reads the command line and hands over to a role.

use std::process::ExitCode;

use arvlite_api::cli::{Arguments, exit_code, run};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(&run(Arguments::parse()).await)
}
