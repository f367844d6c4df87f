//! Accepts connections: as many as fit, each with a time limit for the head of a request, and an orderly end.

use std::error::Error;
use std::io;
use std::iter::from_fn;
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
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::crowd::{Crowd, Visit};
use super::unstalled::{Unstalled, prepare};
use super::{Door, routes};
use crate::app::App;
use crate::config::Limits;
use crate::monitoring::Cut;

/// Head of a request, its address included.
const HEAD_BYTES: usize = 64 * 1024;
/// After an error of the listener itself, such as too many open files.
const PAUSE: Duration = Duration::from_millis(50);
/// What was sent before the listener was closed is read within this time.
const LAST_CALL: Duration = Duration::from_millis(50);

/// Serves until `shutdown` ends; then running requests finish, sockets are closed with 1001, and it returns.
///
/// # Errors
/// None while it runs: what goes wrong with one connection ends that connection.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    serve_door(Door::new(app), listener, shutdown).await;
    Ok(())
}

pub(super) async fn serve_door(door: Door, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let router = routes(&door);
    let places = Arc::new(Semaphore::new(door.app.config.limits.connections));
    let crowd = Crowd::new(&door.app.config);
    let closing = CancellationToken::new();
    let welcome = |(stream, peer, place): Accepted| {
        let Some(visit) = crowd.enter(peer.ip()) else { return door.app.metrics.cut(Cut::Crowded) };
        let (router, attending, closing) = (router.clone(), door.clone(), closing.clone());
        door.open.spawn(async move {
            attend(stream, peer, visit, router, &attending, closing).await;
            drop(place);
        });
    };
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => welcome(accepted),
        }
    }
    last_ones(listener, &places).for_each(welcome);
    door.stopping.cancel();
    door.open.close();
    let drain = Duration::from_millis(door.app.config.limits.drain_ms);
    let drained = async {
        tokio::time::sleep(LAST_CALL).await;
        closing.cancel();
        door.open.wait().await;
    };
    if tokio::time::timeout(drain, drained).await.is_err() {
        tracing::warn!(open = door.open.len(), "connections were still open when the time to finish was up");
    }
}

/// A connection and its place.
type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Accepted {
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

/// Those whom the kernel has let in already. After them the door is shut.
fn last_ones(listener: TcpListener, places: &Arc<Semaphore>) -> impl Iterator<Item = Accepted> {
    let listener = listener.into_std().ok();
    from_fn(move || {
        let place = Arc::clone(places).try_acquire_owned().ok()?;
        // It does not wait: with nobody there it is an error.
        let (stream, peer) = listener.as_ref()?.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer, place))
    })
}

async fn attend(
    stream: TcpStream,
    peer: SocketAddr,
    visit: Visit,
    router: Router,
    door: &Door,
    closing: CancellationToken,
) {
    if prepare(&stream).is_err() {
        return;
    }
    let limits = &door.app.config.limits;
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(visit.clone());
        request.map(Body::new)
    });
    let stream = Unstalled::new(stream, Duration::from_millis(limits.stall_ms));
    let connection =
        builder(limits).serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        if let Some(why) = cut(&error) {
            door.app.metrics.cut(why);
        }
        tracing::debug!(%error, "a connection broke");
    }
}

/// Why we ended it, unless the peer did.
fn cut(error: &hyper::Error) -> Option<Cut> {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match cause.map(io::Error::kind) {
        Some(io::ErrorKind::TimedOut) => Some(Cut::Stalled),
        _ => error.is_timeout().then_some(Cut::NoRequest),
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
