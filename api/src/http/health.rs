//! `/healthz`: the process answers. `/readyz`: it can serve, that is, its database is there and has this program's
//! schema.

use std::time::Duration;

use arvlite_db::migrate;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::Door;
use super::edge::id_of;
use super::graphql::refused;
use super::refusal::Refusal;

/// How long an answer holds, so that asking often costs nothing.
const FRESH_FOR: Duration = Duration::from_millis(300);

/// What was last found out, and when.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, bool)>>);

pub(super) async fn healthz() -> Response {
    status("ok")
}

pub(super) async fn readyz(State(door): State<Door>, request: Request) -> Response {
    if !door.stopping.is_cancelled() && is_ready(&door).await {
        status("ready")
    } else {
        refused(Refusal::unavailable(), id_of(request.extensions()))
    }
}

async fn is_ready(door: &Door) -> bool {
    // Those who come meanwhile wait for the one who asks.
    let mut last = door.readiness.0.lock().await;
    if let Some((at, ready)) = *last
        && at.elapsed() < FRESH_FOR
    {
        return ready;
    }
    let ready = match timeout(door.app.db.patience(), migrate::state(&door.app.db)).await {
        Ok(Ok(state)) => state == migrate::State::Current,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the schema's state cannot be read");
            false
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer in time");
            false
        }
    };
    *last = Some((Instant::now(), ready));
    ready
}

fn status(word: &str) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, format!(r#"{{"status":"{word}"}}"#)).into_response()
}
