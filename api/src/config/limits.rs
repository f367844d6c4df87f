//! What one request, one caller and everybody together may take.

use serde::Deserialize;

/// What one request may cost. `serviceLimits` tells them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Fields on a path, the leaf among them.
    pub depth: usize,
    /// Fields after fragments are expanded.
    pub fields: usize,
    /// Aliases in an operation.
    pub aliases: usize,
    /// Bytes of a document, comments and texts in it included: variables take what is longer.
    pub document_bytes: usize,
    /// Tokens in a document.
    pub tokens: usize,
    /// Brackets of any kind that are open at once in a document.
    pub nesting: usize,
    /// Fields at the root of an operation.
    pub root_fields: usize,
    /// Directives in an operation.
    pub directives: usize,
    /// Operations in a document.
    pub operations: usize,
    /// Lists and maps inside each other in a request's JSON.
    pub json_depth: usize,
    /// Operations in one request; none: a request has one, and no list of them.
    pub batch: usize,
    /// Reports of phones in one transaction.
    pub beacon_batch: usize,
    /// Milliseconds that a query or mutation may take.
    pub request_ms: u64,
    /// Milliseconds in which a client has to send a request's head, and each next piece of an upload. A connection that
    /// asks nothing is closed after as long.
    pub header_ms: u64,
    /// Milliseconds after which a client that takes nothing of its answer is cut off.
    pub stall_ms: u64,
    /// Milliseconds that running requests get to finish when the server stops.
    pub drain_ms: u64,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// Connections and sockets at once from one address, or from one network of IPv6. Proxies that are trusted are not
    /// counted.
    pub connections_per_address: usize,
    /// Bytes of a request's body, uploads apart.
    pub body_bytes: usize,
    /// Rows that one page may have.
    pub page_size: i32,
    /// Rows that a page has unless it is said.
    pub default_page_size: i32,
    /// What one operation may cost.
    pub cost: u64,
    /// What a person or an API key may spend at once.
    pub budget: u64,
    /// What comes back of it each second.
    pub budget_restore: u64,
    /// What all who are nobody and come from one address may spend at once.
    pub anonymous_budget: u64,
    /// What comes back of it each second.
    pub anonymous_budget_restore: u64,
    /// What all phones that come from one address may spend at once.
    pub phones_budget: u64,
    /// What comes back of it each second.
    pub phones_budget_restore: u64,
    /// Callers of one kind whose spending is remembered.
    pub budgets: usize,
    /// Operations of one person or API key that run at once.
    pub running: usize,
    /// Milliseconds that one more waits for its place.
    pub running_wait_ms: u64,
    /// Bytes of a photo.
    pub photo_bytes: u64,
    /// Bytes of a video.
    pub video_bytes: u64,
    /// Sockets at once.
    pub sockets: usize,
    /// Event streams at once. Each also takes one of the connections.
    pub streams: usize,
    /// Running operations of one socket.
    pub socket_operations: usize,
    /// Bytes that wait to be written to one socket.
    pub socket_queue_bytes: usize,
    /// Milliseconds in which a socket has to say `connection_init`.
    pub socket_init_ms: u64,
    /// Milliseconds between two pings of a socket, and between two comments in an event stream that has nothing to tell.
    pub socket_ping_ms: u64,
    /// Milliseconds that a socket's full queue is waited for, and an event that nobody reads.
    pub socket_stall_ms: u64,
    /// Events that a follower of views may be behind what happens before it is told of a gap, and goes on with what is
    /// new. How far back it begins is not meant.
    pub stream_backlog_events: i64,
}

/// What a caller may spend: so much at once, and so much more each second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// At once.
    pub maximum: u64,
    /// Each second.
    pub restore: u64,
}

impl Budget {
    /// The part that only mutations may draw.
    #[must_use]
    pub fn kept_for_mutations(self) -> u64 {
        self.maximum / 5
    }
}

impl Limits {
    /// What a person or an API key may spend.
    #[must_use]
    pub fn of_credentials(&self) -> Budget {
        Budget { maximum: self.budget, restore: self.budget_restore }
    }

    /// What an address may spend from which nobody is known.
    #[must_use]
    pub fn of_addresses(&self) -> Budget {
        Budget { maximum: self.anonymous_budget, restore: self.anonymous_budget_restore }
    }

    /// What an address may spend from which phones ask.
    #[must_use]
    pub fn of_phones(&self) -> Budget {
        Budget { maximum: self.phones_budget, restore: self.phones_budget_restore }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 20,
            fields: 1_000,
            aliases: 30,
            document_bytes: 64 * 1024,
            tokens: 2_000,
            nesting: 64,
            root_fields: 20,
            directives: 20,
            operations: 5,
            json_depth: 64,
            batch: 0,
            beacon_batch: 128,
            request_ms: 5_000,
            header_ms: 10_000,
            stall_ms: 10_000,
            drain_ms: 4_000,
            connections: 4_096,
            connections_per_address: 1_024,
            body_bytes: 1024 * 1024,
            page_size: 100,
            default_page_size: 10,
            cost: 25_000,
            budget: 50_000,
            budget_restore: 2_500,
            anonymous_budget: 5_000,
            anonymous_budget_restore: 100,
            phones_budget: 100_000,
            phones_budget_restore: 5_000,
            budgets: 20_000,
            running: 32,
            running_wait_ms: 500,
            photo_bytes: 10 * 1024 * 1024,
            video_bytes: 100 * 1024 * 1024,
            sockets: 12_000,
            streams: 2_000,
            socket_operations: 100,
            socket_queue_bytes: 256 * 1024,
            socket_init_ms: 5_000,
            socket_ping_ms: 15_000,
            socket_stall_ms: 5_000,
            stream_backlog_events: 10_000,
        }
    }
}
