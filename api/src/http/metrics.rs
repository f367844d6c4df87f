//! `/metrics`: the program's numbers in the text format of Prometheus.
//!
//! Whoever may read them sees how busy a studio is, so that a server in production tells nobody unless it is given a
//! token for it. Addresses are no permission here: behind a proxy on the same machine everybody comes from loopback.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::Door;
use super::caller::authorization;
use super::edge::id_of;
use super::graphql::refused;
use super::refusal::{Code, Refusal};
use crate::auth::authenticate::bearer;
use crate::config::{Config, Mode};
use crate::monitoring::{MEDIA_TYPE, Moment};

pub(super) async fn metrics(State(door): State<Door>, request: Request) -> Response {
    let told = may_read(&door.app.config, request.headers()).and_then(|()| {
        // Writing to a string does not fail.
        door.app.metrics.text(&moment(&door)).map_err(|_| Refusal::internal())
    });
    match told {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], text).into_response(),
        Err(refusal) => refused(refusal, id_of(request.extensions())),
    }
}

fn may_read(config: &Config, headers: &HeaderMap) -> Result<(), Refusal> {
    match (&config.metrics_token, config.mode) {
        (Some(token), _) if shows(headers, token) => Ok(()),
        (Some(_), _) => {
            let message = "the numbers are for those who show the token that is configured for them";
            let refusal = Refusal::of_request(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message);
            Err(Refusal { header: Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))), ..refusal })
        }
        (None, Mode::Development) => Ok(()),
        (None, Mode::Production) => Err(Refusal::nothing_here()),
    }
}

fn shows(headers: &HeaderMap, token: &str) -> bool {
    // Digests are equally long, so that the time tells nothing.
    let shown = authorization(headers).and_then(bearer).unwrap_or_default();
    Sha256::digest(shown).ct_eq(&Sha256::digest(token)).into()
}

pub(super) fn moment(door: &Door) -> Moment {
    let app = &door.app;
    let log = app.views.log.state();
    Moment {
        now: app.clock.now(),
        connections: door.open.len(),
        sockets: app.config.limits.sockets.saturating_sub(door.sockets.available_permits()),
        event_streams: app.config.limits.streams.saturating_sub(door.streams.available_permits()),
        pool: app.db.pool_state(),
        statements: app.db.statements_sent(),
        beacons_waiting: app.views.writer.waiting(),
        followers: log.followers,
        view_log_position: log.position,
        view_log_lag: log.lag,
    }
}
