//! The integration tests: one binary, files named after the nouns and mechanisms that they hold to their word.
//!
//! Every test has a database of its own, cloned from one migrated template, on a PostgreSQL that the first test starts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod api_key;
mod ar_content;
mod architecture;
mod audit_entry;
mod batching;
mod catalog;
mod cli;
mod client;
mod company;
mod connections;
mod deletion;
mod demo;
mod door;
mod email_message;
mod filters;
mod folder;
mod idempotency;
mod login;
mod membership;
mod migrations;
mod notification;
mod over_http;
mod pages;
mod prepared;
mod process;
mod project;
mod schema;
mod several_processes;
mod socket;
mod support;
mod tenancy;
mod tls;
mod upload;
mod user;
mod video;
mod video_schedule;
mod view_session;
mod view_stream;
