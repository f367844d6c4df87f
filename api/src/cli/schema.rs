//! `arvlite schema`: the contract as text.

use super::tell;
use crate::graphql;

/// Print the GraphQL schema
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  arvlite schema > schema.graphql
  arvlite schema | diff schema.graphql -   say whether the file is current")]
pub struct Schema {}

/// Prints it.
///
/// # Errors
/// When it cannot be written.
pub fn run(_: Schema) -> anyhow::Result<()> {
    Ok(tell(&graphql::print())?)
}
