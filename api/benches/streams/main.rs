//! What it takes to tell many dashboards what happens, over the wire and with the real binary: `cargo bench --bench streams`.
//!
//! Two thousand sockets follow a studio in a few ways while views start at a steady pace, and now and then some more are
//! there who read nothing. Every event must reach every reader once; how long that takes, what a follower weighs, and what
//! an event costs the processor and the database is told. Then all come again at once, as after a server was away.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod follower;
mod process;
#[path = "../storm/server.rs"]
mod server;

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use follower::{Follower, Heard, marked};
use server::Server;

const FOLLOWERS: usize = 2_000;
const STALLED: usize = 20;
/// How often it is measured without those who read nothing and with them, in turns.
const ROUNDS: u16 = 2;
/// Subscriptions of a socket that reads nothing, so that its queue is full soon.
const SUBSCRIPTIONS: usize = 10;
/// So few that all is over within a minute, in which nobody reports on the views: after that their ends are events, too.
const EVENTS: usize = 500;
const PACE: Duration = Duration::from_millis(20);
/// What has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(30);

const START: &str =
    "mutation ($input: ViewSessionStartInput!) { viewSessionStart(input: $input) { userErrors { code } } }";
/// What dashboards ask for.
const DOCUMENTS: [&str; 4] = [
    "... on StreamPosition { cursor } ... on ViewSessionStarted { viewSession { sessionId version status } }",
    "... on ViewSessionStarted { viewSession { sessionId version status browser os deviceType startedAt updatedAt } }",
    "... on ViewSessionStarted { occurredAt viewSession { sessionId arContent { orderNumber } } }",
    "... on StreamPosition { cursor } ... on ViewSessionStarted { viewSession { sessionId project { name } } }",
];

/// Nobody's purse is what is measured here.
const PLENTY: &str = "1000000000000";

#[tokio::main]
async fn main() {
    let server = Server::start(&[
        ("ARVLITE_LIMITS__BUDGET", PLENTY),
        ("ARVLITE_LIMITS__BUDGET_RESTORE", PLENTY),
        ("ARVLITE_LIMITS__PHONES_BUDGET", PLENTY),
    ])
    .await;
    let begun = Instant::now();
    let (empty, _) = server.memory();
    let mut followers = Vec::new();
    while followers.len() < FOLLOWERS {
        let some = (0..50).map(|number| Follower::open(&server, DOCUMENTS[number % DOCUMENTS.len()], 1, None, None));
        followers.extend(join_all(some).await);
    }
    let (full, _) = server.memory();
    println!(
        "{FOLLOWERS} followers of {} documents were there after {:.1} s, for {:.1} KiB each",
        DOCUMENTS.len(),
        begun.elapsed().as_secs_f64(),
        (full - empty) as f64 / FOLLOWERS as f64
    );
    println!(
        "\n{:<34} {:>9} {:>6} {:>8} {:>8} {:>8} {:>11} {:>11} {:>11} {:>9}",
        "", "delivered", "lost", "p50 ms", "p99 ms", "max ms", "CPU µs each", "executions", "statements", "RSS KiB"
    );
    let most = i64::try_from(FOLLOWERS).unwrap();
    let mut broke_off = String::new();
    for round in 1..=ROUNDS {
        followers = phase(&server, "all read", 2 * round - 1, followers, begun).await;
        broke_off = Follower::open(&server, DOCUMENTS[0], 1, None, None).await.stands_at;
        let stalled = (0..STALLED).map(|_| Follower::open(&server, DOCUMENTS[1], SUBSCRIPTIONS, Some(4 * 1024), None));
        let stalled = join_all(stalled).await;
        followers = phase(&server, &format!("and {STALLED} more read nothing"), 2 * round, followers, begun).await;
        let were_cut = server.falls_to("arvlite_sockets", most, PATIENCE).await.is_some();
        assert!(were_cut, "those who read nothing are still there");
        drop(stalled);
    }
    drop(followers);
    server.falls_to("arvlite_sockets", 0, PATIENCE).await;
    come_again(&server, &broke_off, begun).await;
    server.stop().await;
}

/// All who followed come again at once, and are told what they have missed.
async fn come_again(server: &Server, broke_off: &str, begun: Instant) {
    let (before, came) = (Counts::of(server).await, Instant::now());
    let coming = (0..FOLLOWERS).map(async |number| {
        let document = DOCUMENTS[number % DOCUMENTS.len()];
        let follower = Follower::open(server, document, 1, None, Some(broke_off)).await;
        follower.read(2 * ROUNDS, EVENTS, begun, PATIENCE).await.1
    });
    let heard = join_all(coming).await;
    let (after, took) = (Counts::of(server).await, came.elapsed());
    let delivered: usize = heard.iter().map(|heard| heard.events).sum();
    assert_eq!(heard.iter().map(|heard| heard.doubled).sum::<usize>(), 0, "something came twice");
    println!(
        "\nall came again at once, {EVENTS} events behind: {delivered} delivered, {} lost, in {:.1} s; {:.1} executions and \
         {:.1} statements an event",
        FOLLOWERS * EVENTS - delivered,
        took.as_secs_f64(),
        (after.executions - before.executions) as f64 / EVENTS as f64,
        (after.statements - before.statements) as f64 / EVENTS as f64
    );
}

/// Lets views start at a steady pace, and tells what the followers heard of them.
async fn phase(server: &Server, name: &str, number: u16, followers: Vec<Follower>, begun: Instant) -> Vec<Follower> {
    let before = Counts::of(server).await;
    let reading: JoinSet<(Follower, Heard)> =
        followers.into_iter().map(|follower| follower.read(number, EVENTS, begun, PATIENCE)).collect();
    start_views(server, number, begun).await;
    let (followers, heard): (Vec<Follower>, Vec<Heard>) = reading.join_all().await.into_iter().unzip();
    let after = Counts::of(server).await;

    let delivered: usize = heard.iter().map(|heard| heard.events).sum();
    let doubled: usize = heard.iter().map(|heard| heard.doubled).sum();
    assert_eq!(doubled, 0, "something came twice");
    let mut waits: Vec<Duration> = heard.into_iter().flat_map(|heard| heard.waits).collect();
    waits.sort_unstable();
    let at = |thousandths: usize| waits[(waits.len() - 1) * thousandths / 1_000].as_secs_f64() * 1_000.0;
    let an_event = |before: i64, after: i64| (after - before) as f64 / EVENTS as f64;
    let cpu = (after.cpu - before.cpu).as_secs_f64() * 1_000_000.0 / (after.told - before.told) as f64;
    println!(
        "{name:<34} {delivered:>9} {:>6} {:>8.1} {:>8.1} {:>8.1} {cpu:>11.1} {:>11.1} {:>11.1} {:>9}",
        FOLLOWERS * EVENTS - delivered,
        at(500),
        at(990),
        at(1_000),
        an_event(before.executions, after.executions),
        an_event(before.statements, after.statements),
        server.memory().0
    );
    followers
}

async fn start_views(server: &Server, number: u16, begun: Instant) {
    let mut starting = JoinSet::new();
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for event in 0..EVENTS {
        ticks.tick().await;
        let (phone, code) = (server.nobody(), server.code.clone());
        starting.spawn(async move {
            let session = marked(number, event, begun.elapsed());
            phone.ask(START, json!({ "input": { "uniqueId": code, "sessionId": session } })).await;
        });
    }
    starting.join_all().await;
    // What is on its way when the last one has started.
    sleep(PACE).await;
}

/// What the server says that it did so far.
struct Counts {
    cpu: Duration,
    executions: i64,
    statements: i64,
    told: i64,
}

impl Counts {
    async fn of(server: &Server) -> Self {
        Self {
            cpu: server.cpu(),
            executions: server.number("arvlite_subscription_executions_total").await,
            statements: server.number("arvlite_database_statements_total").await,
            told: server.number("arvlite_subscription_events_total").await,
        }
    }
}
