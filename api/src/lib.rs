//! ARVlite: the GraphQL gateway of studios whose photos come alive on a phone.
//!
//! In reading order: [`config`] and [`app`] hold everything long-lived; [`auth`] says who asks and what they may;
//! [`domain`] has the commands and the rules; [`graphql`] is the contract; [`http`] is the one door; [`cli`] are the
//! roles of the binary. Rows and queries live in the crate `arvlite-db`.
//!
//! What is absent, on purpose: `graphql` and `domain` name no Diesel, `domain` knows no HTTP, and nothing reads a row
//! without saying for whom. `tests/architecture.rs` reads the imports and fails on a wrong one.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod dates;
pub mod domain;
pub mod enums;
pub mod global_id;
pub mod graphql;
pub mod http;
pub mod jobs;
pub mod monitoring;
pub mod postgres;
pub mod secret;
pub mod storage;
