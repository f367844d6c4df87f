//! The one door: every request comes in here.
//!
//! [`serve`] accepts connections, [`router`] knows the addresses. What wants to run an operation, by whatever way it
//! comes (`graphql.rs`, `batch.rs`, `multipart.rs`, `event_stream.rs`, `socket/`, the page at `/ar/…`), passes `admit`, and
//! only what passed it can be given to the executor, by `paid.rs`, which draws what it costs from the caller's bucket
//! (`budget/`); what many follow is run once for all of them (`shared_stream/`). Answers are written in `answer.rs`, refusals are made in `refusal.rs`: nobody else tells a
//! client about errors. Not here: who somebody is (`auth`), what they may see or do (`graphql`, `domain`).
//!
//! Start at `graphql.rs`, then `admit/mod.rs`.

mod admit;
mod answer;
pub mod ar_page;
mod batch;
mod budget;
mod caching;
mod caller;
mod compression;
mod cross_origin;
mod crowd;
mod edge;
mod etag;
mod event_stream;
mod executor;
pub mod graphiql;
mod graphql;
mod health;
pub mod media;
mod media_type;
mod metrics;
mod multipart;
mod operation;
mod pages;
mod paid;
mod parameters;
pub mod qr_code;
mod refusal;
mod schema_text;
mod serve;
mod shared_stream;
mod socket;
mod unstalled;
mod view_beacon;
mod watch;

#[cfg(test)]
mod tests;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use serve::serve;

use self::admit::Admission;
use self::budget::Budgets;
use self::executor::{Executor, SchemaExecutor};
use self::health::Readiness;
use self::shared_stream::Groups;
use crate::app::App;

/// Everything that the door's parts share. Cheap to clone.
#[derive(Clone)]
struct Door(Arc<Parts>);

struct Parts {
    app: Arc<App>,
    admission: Admission,
    budgets: Arc<Budgets>,
    executor: Box<dyn Executor>,
    /// Those who follow the same.
    groups: Arc<Groups>,
    readiness: Readiness,
    /// Places for sockets.
    sockets: Arc<Semaphore>,
    /// Places for event streams.
    streams: Arc<Semaphore>,
    /// Cancelled when the server is to stop.
    stopping: CancellationToken,
    /// Connections and sockets that are still open.
    open: TaskTracker,
    is_behind_tls: bool,
}

impl Deref for Door {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Door {
    fn new(app: Arc<App>) -> Self {
        let executor = SchemaExecutor::new(Arc::clone(&app), crate::graphql::build_with);
        Self::with_executor(app, Box::new(executor))
    }

    fn with_executor(app: Arc<App>, executor: Box<dyn Executor>) -> Self {
        let limits = &app.config.limits;
        let budgets = Arc::new(Budgets::new(limits, app.db.search_connections()));
        Self(Arc::new(Parts {
            admission: Admission::new(limits, executor.contract(), &budgets),
            budgets,
            executor,
            groups: Arc::new(Groups::new(app.db.pool_state().limit)),
            readiness: Readiness::default(),
            sockets: Arc::new(Semaphore::new(app.config.limits.sockets)),
            streams: Arc::new(Semaphore::new(app.config.limits.streams)),
            stopping: CancellationToken::new(),
            open: TaskTracker::new(),
            is_behind_tls: app.config.public_url().starts_with("https://"),
            app,
        }))
    }
}

/// All addresses of the program.
pub fn router(app: Arc<App>) -> Router {
    routes(&Door::new(app))
}

fn routes(door: &Door) -> Router {
    let public_url = door.app.config.public_url();
    let router = Router::new()
        .route("/graphql", any(graphql::graphql).layer(compression::of_marked()))
        .route("/schema.graphql", get(schema_text::schema_text).layer(compression::of_all()))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/ar/{unique_id}", get(pages::ar).layer(compression::of_all()))
        .route("/ar/{unique_id}/view", any(view_beacon::view))
        .route("/media/{name}", any(pages::media))
        .merge(qr_code::routes(&public_url))
        .merge(ar_page::assets().layer(compression::of_all()))
        .merge(graphiql::router())
        .method_not_allowed_fallback(edge::wrong_method)
        .fallback(edge::nothing_here)
        .with_state(door.clone());
    cross_origin::open(router, door).layer(from_fn_with_state(door.clone(), edge::guard))
}
