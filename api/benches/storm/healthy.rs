//! Those who only want to work while others storm: how long they wait.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::server::Server;

/// A query that reads the database.
pub const CHEAP: &str = "{ companies(first: 5) { nodes { id name } } }";
const CLIENTS: usize = 4;

/// What they saw.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    pub requests: usize,
    pub p50: Duration,
    pub p99: Duration,
    pub longest: Duration,
}

/// Asks again and again for so long, each client over a connection of its own for each request.
pub async fn work(server: &Server, time: Duration) -> Waits {
    let until = Instant::now() + time;
    let clients = (0..CLIENTS).map(|_| async {
        let mut waits = Vec::new();
        while Instant::now() < until {
            let begun = Instant::now();
            server.manager.ask(CHEAP, json!({})).await;
            waits.push(begun.elapsed());
        }
        waits
    });
    let mut waits: Vec<Duration> = join_all(clients).await.concat();
    waits.sort_unstable();
    let at = |hundredths: usize| waits[(waits.len() - 1) * hundredths / 100];
    Waits { requests: waits.len(), p50: at(50), p99: at(99), longest: at(100) }
}
