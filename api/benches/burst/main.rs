//! A burst of views: ten thousand phones start one at the same time, over 64 connections and the whole server, on a real
//! PostgreSQL that writes to its disk. Once as the program does it, beacons sharing commits, and once with a commit for
//! each: `cargo bench --bench burst`.
//!
//! `house.rs` is the server and its database; `phones.rs` are the phones. Nothing may fail, and the table and the log must
//! have exactly what was started.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod house;
mod phones;

use std::time::Duration;

use house::{Counts, House};
use phones::Burst;

/// Views in one burst, unless it is said: `cargo bench --bench burst -- 1000`.
const SESSIONS: usize = 10_000;
/// Beacons that share a commit, as `limits.beacon_batch` is unless it is set.
const SHARING: usize = 128;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(bursts());
}

async fn bursts() {
    let sessions = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(SESSIONS);
    let house = House::open().await;
    println!(
        "{sessions} starts over {} connections\n\n{:<12} {:<14} {:>9} {:>8} {:>8} {:>8} {:>11} {:>8} {:>10} {:>10}",
        phones::CONNECTIONS,
        "orders",
        "commits",
        "starts/s",
        "p50 ms",
        "p99 ms",
        "errors",
        "statements",
        "commits",
        "WAL bytes",
        "stored"
    );
    for orders in [1, house::ORDERS] {
        // A first one of each, unmeasured, so that both find plans, pages and files as the other does.
        for batch in [SHARING, 1] {
            house.burst(batch, orders, sessions.min(500)).await;
        }
        let shared = house.burst(SHARING, orders, sessions).await;
        let alone = house.burst(1, orders, sessions).await;
        tell(orders, "shared", &shared);
        tell(orders, "one for each", &alone);
        println!("{:<12} {:<14} {:>8.1}x", orders, "ratio", shared.0.per_second() / alone.0.per_second());
    }
    house.close().await;
}

fn tell(orders: usize, commits: &str, (burst, counts): &(Burst, Counts)) {
    let of = |count: i64| count as f64 / burst.starts() as f64;
    println!(
        "{orders:<12} {commits:<14} {:>9.0} {:>8.1} {:>8.1} {:>8} {:>11.2} {:>8.3} {:>10.0} {:>10}",
        burst.per_second(),
        milliseconds(burst.quantile(0.5)),
        milliseconds(burst.quantile(0.99)),
        burst.errors,
        of(counts.statements),
        of(counts.commits),
        of(counts.wal_bytes),
        counts.views,
    );
    assert_eq!(burst.errors, 0);
    assert_eq!((counts.views, counts.events), (burst.starts() as i64, burst.starts() as i64));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
