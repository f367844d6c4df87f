//! Everything that is counted, with what it means.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::exposition;
use super::jobs::{Job, Jobs};
use super::labels::{Answered, Build, Channel, Closed, Cut, Ended, Limit, Ran, Reason, Route, Transport, Way};
use super::sampled::{Moment, Sampled};

/// Seconds, from one millisecond to the longest that an operation may take.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
const STATEMENTS: [f64; 8] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
const BEACONS: [f64; 8] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// The numbers of one process.
pub struct Metrics {
    registry: Registry,
    http_requests: Family<Answered, Counter>,
    http_seconds: Family<Route, Histogram>,
    operations: Family<Ended, Counter>,
    operation_seconds: Family<Way, Histogram>,
    operation_statements: Family<Way, Histogram>,
    /// Subscriptions that run now.
    pub subscriptions: Gauge,
    /// Answers to subscriptions that were made, each for one subscriber or for many.
    pub subscription_executions: Counter,
    /// Events that subscribers were told.
    pub subscription_events: Counter,
    refusals: Family<Limit, Counter>,
    socket_closes: Family<Closed, Counter>,
    /// Bytes that wait to be written to sockets.
    pub socket_queue_bytes: Gauge,
    /// Stored objects that are being sent.
    pub downloads: Gauge,
    connections_cut: Family<Reason, Counter>,
    /// Operations and requests that ended in a mistake of ours that was caught.
    pub panics: Counter,
    beacon_batches: Histogram,
    beacon_batches_failed: Counter,
    job_runs: Family<Ran, Counter>,
    listening: Family<Channel, Gauge>,
    jobs: Jobs,
    sampled: Sampled,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy)]
pub struct OperationEnd {
    /// The way that it came by.
    pub transport: Transport,
    /// What kind of operation it was; `none` if it was refused before that was known.
    pub operation: &'static str,
    /// `OK`, `USER_ERRORS`, `CANCELLED`, or the code of the first error.
    pub code: &'static str,
    /// How long it took; none for what lives as long as its client likes.
    pub took: Option<Duration>,
    /// The statements that it sent.
    pub statements: u64,
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(started_at: DateTime<Utc>) -> Self {
        let mut registry = Registry::default();
        declare_process(&mut registry, started_at);
        let of = registry.sub_registry_with_prefix("arvlite");
        Self {
            http_requests: declare(of, "http_requests", "Answered requests, by address as the router declares it"),
            http_seconds: histograms(of, "http_request_duration_seconds", "Time until an answer's head", in_seconds),
            operations: declare(of, "operations", "Operations that ended, by OK, USER_ERRORS, CANCELLED or error code"),
            operation_seconds: histograms(
                of,
                "operation_duration_seconds",
                "Time from a request's head until its operation was answered, subscriptions apart",
                in_seconds,
            ),
            operation_statements: histograms(
                of,
                "operation_statements",
                "Statements that an operation sent, signing in and transaction control among them",
                || Histogram::new(STATEMENTS),
            ),
            subscriptions: declare(of, "subscriptions", "Subscriptions that run now"),
            subscription_executions: declare(
                of,
                "subscription_executions",
                "Answers to subscriptions that were made, each for one subscriber or for all who asked the same",
            ),
            subscription_events: declare(of, "subscription_events", "Events that subscribers were told"),
            refusals: declare(of, "refusals", "Operations that were refused for a limit, by its name"),
            socket_closes: declare(of, "socket_closes", "Sockets that the server closed, by close code"),
            socket_queue_bytes: declare(of, "socket_queue_bytes", "Bytes that wait to be written to sockets"),
            downloads: declare(of, "downloads", "Stored photos and videos that are being sent"),
            connections_cut: declare(of, "connections_cut", "Connections that the server ended, by reason"),
            panics: declare(of, "panics", "Mistakes of the program that were caught"),
            beacon_batches: declared(
                of,
                "beacon_batch_size",
                "Reports of phones that were committed together",
                Histogram::new(BEACONS),
            ),
            beacon_batches_failed: declare(of, "beacon_batches_failed", "Batches that were rolled back"),
            job_runs: declare(of, "job_runs", "Runs of background jobs"),
            listening: declare(of, "database_listening", "Whether notifications of a channel can be heard"),
            sampled: Sampled::declare(of),
            jobs: Jobs::default(),
            registry,
        }
    }

    /// A request was answered.
    pub fn answered(&self, route: &str, status: u16, took: Duration) {
        self.http_requests.get_or_create(&Answered { route: route.to_owned(), status }).inc();
        self.http_seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// An operation ended.
    pub fn ended(&self, end: &OperationEnd) {
        let (transport, operation) = (end.transport.name(), end.operation);
        self.operations.get_or_create(&Ended { transport, operation, code: end.code }).inc();
        let way = Way { transport, operation };
        if let Some(took) = end.took {
            self.operation_seconds.get_or_create(&way).observe(took.as_secs_f64());
        }
        #[expect(clippy::cast_precision_loss, reason = "nobody sends 2^53 statements")]
        self.operation_statements.get_or_create(&way).observe(end.statements as f64);
    }

    /// An operation was refused for a limit.
    pub fn refused(&self, limit: &'static str) {
        self.refusals.get_or_create(&Limit { limit }).inc();
    }

    /// The server closed a socket.
    pub fn closed_socket(&self, code: u16) {
        self.socket_closes.get_or_create(&Closed { code }).inc();
    }

    /// The server ended a connection.
    pub fn cut(&self, why: Cut) {
        self.connections_cut.get_or_create(&Reason { reason: why.name() }).inc();
    }

    /// Beacons were written together, or were not.
    pub fn wrote_beacons(&self, beacons: usize, committed: bool) {
        if committed {
            self.beacon_batches.observe(f64::from(u32::try_from(beacons).unwrap_or(u32::MAX)));
        } else {
            self.beacon_batches_failed.inc();
        }
    }

    /// Notifications of a channel can be heard from now on, or can not.
    pub fn listens(&self, channel: &'static str, hears: bool) {
        self.listening.get_or_create(&Channel { channel }).set(hears.into());
    }

    /// This process does a job from now on: its age is told even if it never comes to a good end.
    pub fn started(&self, job: Job, now: DateTime<Utc>) {
        self.jobs.set(job, now);
    }

    /// A job ran, well or not.
    pub fn ran(&self, job: Job, well: bool, now: DateTime<Utc>) {
        if well {
            self.jobs.set(job, now);
        }
        self.job_runs.get_or_create(&Ran { job: job.name(), outcome: if well { "ok" } else { "failed" } }).inc();
    }

    /// All numbers, in the text format of Prometheus.
    ///
    /// # Errors
    /// Writing to a string does not fail.
    pub fn text(&self, moment: &Moment) -> Result<String, std::fmt::Error> {
        self.sampled.set(moment, &self.jobs);
        let mut written = String::new();
        text::encode(&mut written, &self.registry)?;
        Ok(exposition::of_open_metrics(&written))
    }
}

/// What every program tells under the same names.
fn declare_process(registry: &mut Registry, started_at: DateTime<Utc>) {
    let started: Gauge<f64, AtomicU64> = declare(registry, "process_start_time_seconds", "When the process started");
    started.set((started_at - DateTime::UNIX_EPOCH).as_seconds_f64());
    let build: Family<Build, Gauge> = declare(registry, "arvlite_build_info", "The program that runs");
    build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
}

/// A metric that begins at nothing. The library writes `_total` behind the name of a counter.
pub(super) fn declare<M: Metric + Clone + Default>(of: &mut Registry, name: &str, help: &str) -> M {
    declared(of, name, help, M::default())
}

fn declared<M: Metric + Clone>(of: &mut Registry, name: &str, help: &str, metric: M) -> M {
    of.register(name, help, metric.clone());
    metric
}

fn histograms<S>(of: &mut Registry, name: &str, help: &str, buckets: fn() -> Histogram) -> Family<S, Histogram>
where
    Family<S, Histogram>: Metric + Clone,
    S: Clone + std::hash::Hash + Eq,
{
    declared(of, name, help, Family::new_with_constructor(buckets))
}

fn in_seconds() -> Histogram {
    Histogram::new(SECONDS)
}
