//! The integration tests: one binary, files named after the nouns and mechanisms that they hold to their word.
//!
//! Every test has a database of its own, cloned from one migrated template, on a PostgreSQL that the first test starts.

mod api_key;
mod batching;
mod cli;
mod connections;
mod demo;
mod door;
mod login;
mod membership;
mod migrations;
mod socket;
mod support;
mod tls;
mod user;
mod view_session;
mod view_stream;
