//! What the gateway makes of those who want to hurt it, over the wire and with the real binary: `cargo bench --bench storm`.
//!
//! First each bomb of the tests by each way: how long its refusal takes, how much memory, and how long whoever comes next
//! waits. Then three storms, and those who only want to work before, during and after each.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

#[path = "../../../tests/support/bombs.rs"]
mod bombs;
mod healthy;
mod process;
#[expect(dead_code, reason = "other benchmarks ask more of it")]
mod server;
mod storms;

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use bombs::{TRANSPORTS, bombs};
use healthy::{CHEAP, Waits, work};
use server::Server;
use storms::{EVENTS, MANY, STALLED, SUBSCRIPTIONS};

/// How long the healthy ones are watched.
const WATCHED: Duration = Duration::from_secs(5);
/// A storm that is not over by then has won.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    let server = Server::start(&[]).await;
    refuse_bombs(&server).await;
    weather_storms(&server).await;
    server.stop().await;
}

async fn refuse_bombs(server: &Server) {
    println!(
        "{:<36} {:<10} {:>9} {:>10} {:>9} {:>6}  refused as",
        "bomb", "by", "ms", "memory KiB", "next ms", "bytes"
    );
    for bomb in bombs(&server.company) {
        for transport in TRANSPORTS.into_iter().filter(|transport| transport.takes(&bomb)) {
            let (before, _) = server.memory();
            let begun = Instant::now();
            let refused = transport.send(&server.manager, &bomb).await;
            let took = begun.elapsed();
            let next = Instant::now();
            server.manager.ask(CHEAP, json!({})).await;
            let next = next.elapsed();
            let grown = server.memory().1 - before;
            let way = format!("{transport:?}");
            let (took, next, bytes) = (ms(took), ms(next), refused.length);
            let told = format!("{} {}", refused.status, refused.code);
            println!("{:<36} {way:<10} {took:>9.1} {grown:>10} {next:>9.1} {bytes:>6}  {told}", bomb.name);
        }
    }
}

async fn weather_storms(server: &Server) {
    println!(
        "\n{:<44} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9}",
        "healthy clients", "requests", "p50 ms", "p99 ms", "max ms", "RSS KiB", "peak KiB"
    );
    server.memory();
    tell("before", server, work(server, WATCHED).await);

    let silent = storms::silent_sockets(server).await;
    let waits = work(server, WATCHED).await;
    let gone = server.falls_to("arvlite_sockets", 0, PATIENCE).await;
    tell(&format!("while {MANY} sockets say nothing"), server, waits);
    ended("the last of them was closed", gone, WATCHED);
    drop(silent);
    tell("after", server, work(server, WATCHED).await);

    let dripping = storms::dripping_connections(server).await;
    let waits = work(server, WATCHED).await;
    // Whoever asks for the number is one of them.
    let gone = server.falls_to("arvlite_connections", 1, PATIENCE).await;
    tell(&format!("while {MANY} connections drip"), server, waits);
    ended("the last of them was cut", gone, WATCHED);
    drop(dripping);
    tell("after", server, work(server, WATCHED).await);

    let stalled = storms::stalled_sockets(server).await;
    let begun = Instant::now();
    let told = async {
        let told = storms::events(server).await;
        (told, begun.elapsed())
    };
    let ((told, took), waits) = tokio::join!(told, work(server, WATCHED));
    let gone = server.falls_to("arvlite_sockets", 0, PATIENCE).await;
    let name = format!("while {STALLED} x {SUBSCRIPTIONS} followers read nothing of {EVENTS} events");
    tell(&name, server, waits);
    println!("    a healthy follower was told {told} of {EVENTS} events in {:.1} s", took.as_secs_f64());
    ended("the last stalled one was cut", gone, took.max(WATCHED));
    drop(stalled);
    tell("after", server, work(server, WATCHED).await);
}

fn tell(name: &str, server: &Server, waits: Waits) {
    let (now, peak) = server.memory();
    let (p50, p99, longest) = (ms(waits.p50), ms(waits.p99), ms(waits.longest));
    println!("{name:<44} {:>8} {p50:>8.1} {p99:>8.1} {longest:>8.1} {now:>9} {peak:>9}", waits.requests);
}

fn ended(what: &str, after: Option<Duration>, watched: Duration) {
    match after {
        Some(after) => {
            println!("    {what} {:.1} s after the storm began, at the latest", (watched + after).as_secs_f64());
        }
        None => println!("    they were still there when patience ended"),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
