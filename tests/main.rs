//! The integration tests: one binary, files named after the nouns and mechanisms that they hold to their word.
//!
//! Every test has a database of its own, cloned from one migrated template, on a PostgreSQL that the first test starts.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod access;
mod api_key;
mod ar_content;
mod ar_content_update;
mod architecture;
mod audit_entry;
mod batching;
mod catalog;
mod cli;
mod client;
mod company;
mod connections;
mod db_command;
mod deletion;
mod demo;
mod docker;
mod doctor;
mod door;
mod edits;
mod email_message;
mod filters;
mod folder;
mod growth;
mod idempotency;
mod logging;
mod login;
mod membership;
mod metrics;
mod migrations;
mod notification;
mod over_http;
mod overlaps;
mod pages;
mod plans;
mod playback;
mod playback_caching;
mod playback_changed;
mod playback_timeline;
mod prepared;
mod process;
mod project;
mod random_pages;
mod schema;
mod several_processes;
mod socket;
mod storage_connection;
mod storage_folder;
mod support;
mod tenancy;
mod tls;
mod upload;
mod user;
mod video;
mod video_rotation_schedule;
mod video_schedule;
mod view_session;
mod view_stream;
