//! Accepts connections: as many as fit, each with a time limit for the head of a request, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt;

use super::event_stream::HangUp;
use super::{Door, routes};
use crate::app::App;
use crate::config::Limits;

/// Head of a request, its address included.
const HEAD_BYTES: usize = 64 * 1024;
/// After an error of the listener itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until `shutdown` ends; then running requests finish, sockets are closed with 1001, and it returns.
///
/// # Errors
/// None while it runs: what goes wrong with one connection ends that connection.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_door(Door::new(app), listener, shutdown).await;
    Ok(())
}

pub(super) async fn serve_door(door: Door, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let router = routes(door.clone());
    let places = Arc::new(Semaphore::new(door.app.config.limits.connections));
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (router, attending) = (router.clone(), door.clone());
        door.open.spawn(async move {
            attend(stream, peer, router, &attending).await;
            drop(place);
        });
    }
    drop(listener);
    door.stopping.cancel();
    door.open.close();
    let drain = Duration::from_millis(door.app.config.limits.drain_ms);
    if tokio::time::timeout(drain, door.open.wait()).await.is_err() {
        tracing::warn!(open = door.open.len(), "connections were still open when the time to finish was up");
    }
}

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    loop {
        // Nobody closes the semaphore, so that there is a place sooner or later.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { continue };
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn attend(stream: TcpStream, peer: SocketAddr, router: Router, door: &Door) {
    // Answers are written whole; waiting for more to send only delays them.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let HangUp(hung_up) = HangUp::default();
    let hang_up = HangUp(hung_up.clone());
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(hang_up.clone());
        request.map(Body::new)
    });
    let connection = builder(&door.app.config.limits)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = hung_up.cancelled() => return,
        () = door.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.header_ms))
        .max_buf_size(HEAD_BYTES);
    builder
}
