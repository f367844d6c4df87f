//! The door with a small schema behind it and no database: what holds for every schema.

mod batch;
mod compression;
mod costs;
mod cross_origin;
mod event_stream;
mod head;
mod over_http;
mod serving;
mod shared_streams;
mod sockets;
mod uploads;

use std::sync::Arc;

use arvlite_db::{ConnectOptions, Db, DbError};
use async_graphql::{Context, Object, Schema, Subscription};
use futures_util::{Stream, StreamExt, stream};

use super::executor::SchemaExecutor;
use super::*;
use crate::auth::Viewer;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::domain;
use crate::graphql::{IdempotencyKey, StreamPlace, Upload};
use crate::secret::SecretKey;
use crate::storage::Store;

/// A door whose database does not answer.
pub(super) fn door(limits: Limits) -> Door {
    door_of(Config { limits, ..Config::default() })
}

/// The same, configured in other ways too.
fn door_of(config: Config) -> Door {
    let config = Config { public_url: Some("https://ar.example.com".to_owned()), ..config };
    let db = Db::new(&ConnectOptions::new("postgres://nobody@127.0.0.1:1/nothing")).unwrap();
    let store = Store::local(tempfile::tempdir().unwrap().path()).unwrap();
    let app = App::new(config, db, Clock::default(), SecretKey::new(vec![[7; 32]]).unwrap(), store);
    let make = |mode| Schema::build(Query, Mutation, Subscription).validation_mode(mode).disable_suggestions().finish();
    Door::with_executor(Arc::clone(&app), Box::new(SchemaExecutor::new(app, make)))
}

struct Query;

#[Object]
impl Query {
    async fn hello(&self, #[graphql(default)] name: String) -> String {
        format!("hello {name}")
    }

    async fn request_id(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<Viewer>().caller.request_id.clone()
    }

    async fn broken(&self) -> Option<Failing> {
        Some(Failing)
    }

    async fn endless(&self) -> bool {
        std::future::pending().await
    }

    async fn panics(&self) -> Option<bool> {
        tells_a_secret()
    }
}

fn tells_a_secret() -> Option<bool> {
    panic!("a secret in a panic")
}

struct Failing;

#[Object]
impl Failing {
    async fn by_database(&self) -> async_graphql::Result<Option<i32>> {
        let cause = DbError::Unavailable("password of the database".into());
        Err(masked(domain::Error::Db(Arc::new(cause)), "UNAVAILABLE"))
    }

    async fn by_printing(&self) -> async_graphql::Result<Option<i32>> {
        Err(std::io::Error::other("a secret path"))?
    }
}

/// As the resolvers' error type makes it.
fn masked(error: domain::Error, code: &str) -> async_graphql::Error {
    use async_graphql::ErrorExtensions;
    let error = async_graphql::Error { message: "masked".to_owned(), source: Some(Arc::new(error)), extensions: None };
    error.extend_with(|_, extensions| extensions.set("code", code))
}

struct Mutation;

#[Object]
impl Mutation {
    async fn key(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<IdempotencyKey>().map(|key| key.0.clone())
    }

    async fn weigh(&self, ctx: &Context<'_>, files: Vec<Upload>) -> async_graphql::Result<Vec<String>> {
        let mut weighed = Vec::new();
        for file in files {
            let mut file = file.take(ctx).map_err(|error| masked(error, "BAD_REQUEST"))?;
            let mut bytes = 0;
            while let Some(piece) = file.bytes.next().await {
                bytes += piece.map_err(|_| "broken")?.len();
            }
            let (name, kind) = (file.name.unwrap_or_default(), file.content_type.unwrap_or_default());
            weighed.push(format!("{name} {kind} {bytes}"));
        }
        Ok(weighed)
    }
}

struct Subscription;

#[Subscription]
impl Subscription {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(1..=to)
    }

    async fn forever(&self) -> impl Stream<Item = i32> {
        stream::pending()
    }

    async fn flood(&self, bytes: usize) -> impl Stream<Item = String> {
        stream::repeat("x".repeat(bytes))
    }

    async fn refuses(&self) -> async_graphql::Result<stream::Pending<i32>> {
        Err(masked(domain::Error::Forbidden, "FORBIDDEN"))
    }

    /// As the log of views is followed.
    async fn view_events(
        &self,
        ctx: &Context<'_>,
        log: i32,
        after: Option<String>,
    ) -> impl Stream<Item = async_graphql::Result<i64>> + use<> {
        let place = ctx.data_unchecked::<StreamPlace>().clone();
        let items = shared_streams::follow(log, place, after.as_deref());
        items.map(|item| item.ok_or_else(|| masked(domain::Error::Forbidden, "FORBIDDEN")))
    }

    async fn panics(&self) -> impl Stream<Item = bool> {
        stream::once(async { tells_a_secret().unwrap() })
    }
}

/// Limits with short waits.
pub(super) fn hasty() -> Limits {
    Limits { request_ms: 200, ..Limits::default() }
}
