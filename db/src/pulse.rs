//! Whether the server says anything at all.
//!
//! A frozen machine or a cut network refuses nothing: each statement would wait for its own deadline, and each request
//! behind it for a connection. So a statement that got no word for a moment raises a doubt, one look at the server
//! settles it for everybody, and while the server is silent nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::connect::Connector;

/// How long to wait before a silent server is looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// What is known of one server's silence.
pub(crate) struct Pulse {
    connector: Arc<Connector>,
    pub(crate) patience: Duration,
    silent: watch::Sender<bool>,
    looking: AtomicBool,
}

impl Pulse {
    /// A server that is believed to answer. It has `patience` to show that it does when somebody doubts it.
    pub(crate) fn new(connector: Arc<Connector>, patience: Duration) -> Arc<Self> {
        Arc::new(Self { connector, patience, silent: watch::Sender::new(false), looking: AtomicBool::new(false) })
    }

    pub(crate) fn is_silent(&self) -> bool {
        *self.silent.borrow()
    }

    /// Ends when the server turns out to be silent.
    pub(crate) async fn silence(&self) {
        // The sender lives as long as this.
        let _ = self.silent.subscribe().wait_for(|silent| *silent).await;
    }

    /// Looks whether the server answers, unless somebody does already; and if it does not, until it does.
    pub(crate) fn doubt(self: &Arc<Self>) {
        if self.looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let pulse = Arc::downgrade(self);
        tokio::spawn(async move {
            // A pool that is gone needs no server.
            while let Some(pulse) = pulse.upgrade() {
                let answers = pulse.answers().await;
                pulse.silent.send_replace(!answers);
                if answers {
                    pulse.looking.store(false, Ordering::Release);
                    return;
                }
                drop(pulse);
                sleep(PAUSE).await;
            }
        });
    }

    /// A server that refuses a connection in its own words is one that answers.
    async fn answers(&self) -> bool {
        matches!(timeout(self.patience, self.connector.is_answered()).await, Ok(true))
    }
}
