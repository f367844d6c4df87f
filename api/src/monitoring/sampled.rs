//! What is not counted but looked at when somebody asks.

use std::sync::atomic::{AtomicU64, Ordering};

use arvlite_db::PoolState;
use chrono::{DateTime, Utc};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::jobs::Jobs;
use super::labels::{Named, State};
use super::metrics::declare;

/// How things stand when somebody asks.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time.
    pub now: DateTime<Utc>,
    /// Connections and sockets of clients.
    pub connections: usize,
    /// Sockets among them.
    pub sockets: usize,
    /// Event streams among the connections.
    pub event_streams: usize,
    /// The pool of connections to the database.
    pub pool: PoolState,
    /// Statements sent so far.
    pub statements: u64,
    /// Beacons that wait for their batch.
    pub beacons_waiting: usize,
    /// Those who follow the log of views.
    pub followers: usize,
    /// How far this process has read the log of views.
    pub view_log_position: i64,
    /// How many positions the slowest follower is behind that.
    pub view_log_lag: i64,
}

/// The series of a [`Moment`].
pub(super) struct Sampled {
    connections: Gauge,
    sockets: Gauge,
    event_streams: Gauge,
    database_connections: Family<State, Gauge>,
    database_connections_limit: Gauge,
    database_waiting: Gauge,
    database_silent: Gauge,
    database_statements: Counter,
    beacons_waiting: Gauge,
    followers: Gauge,
    view_log_position: Gauge,
    view_log_lag: Gauge,
    job_ages: Family<Named, Gauge<f64, AtomicU64>>,
}

impl Sampled {
    pub(super) fn declare(of: &mut Registry) -> Self {
        Self {
            connections: declare(of, "connections", "Open connections of clients, sockets among them"),
            sockets: declare(of, "sockets", "Open WebSockets"),
            event_streams: declare(of, "event_streams", "Answers that go on as server-sent events"),
            database_connections: declare(of, "database_connections", "Connections of the pool to the database"),
            database_connections_limit: declare(of, "database_connections_limit", "Connections of the pool, at most"),
            database_waiting: declare(of, "database_waiting", "Those who wait for a connection of the pool"),
            database_silent: declare(of, "database_silent", "Whether the server of the database has stopped to answer"),
            database_statements: declare(of, "database_statements", "Statements sent by the pool"),
            beacons_waiting: declare(of, "beacons_waiting", "Reports of phones that wait for their batch"),
            followers: declare(of, "view_log_followers", "Those who follow the log of views"),
            view_log_position: declare(of, "view_log_position", "Position up to which the log of views was read"),
            view_log_lag: declare(
                of,
                "view_log_lag_positions",
                "Positions of the log of views that the slowest follower is behind what was read",
            ),
            job_ages: declare(of, "job_age_seconds", "Time since a background job last came to a good end"),
        }
    }

    pub(super) fn set(&self, moment: &Moment, jobs: &Jobs) {
        let pool = &moment.pool;
        self.connections.set(number(moment.connections));
        self.sockets.set(number(moment.sockets));
        self.event_streams.set(number(moment.event_streams));
        self.database_connections.get_or_create(&State { state: "idle" }).set(number(pool.idle));
        self.database_connections.get_or_create(&State { state: "in_use" }).set(number(pool.in_use));
        self.database_connections_limit.set(number(pool.limit));
        self.database_waiting.set(number(pool.waiting));
        self.database_silent.set(pool.is_silent.into());
        self.database_statements.inner().store(moment.statements, Ordering::Relaxed);
        self.beacons_waiting.set(number(moment.beacons_waiting));
        self.followers.set(number(moment.followers));
        self.view_log_position.set(moment.view_log_position);
        self.view_log_lag.set(moment.view_log_lag);
        for (job, age) in jobs.ages(moment.now) {
            self.job_ages.get_or_create(&Named { job: job.name() }).set(age.as_seconds_f64());
        }
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
