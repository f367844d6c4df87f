//! Watches an operation from its coming to its end, whichever way it comes: counts it, and says one line about it.
//!
//! The line has no word of the client's: neither the document nor its names, neither variables nor addresses.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arvlite_db::StatementCount;
use async_graphql::parser::types::OperationType;
use tokio::time::Instant;

use super::refusal::{Code, Refusal};
use crate::app::App;
use crate::auth::Viewer;
use crate::monitoring::{OperationEnd, Transport, UserErrors};

/// What takes longer is worth a line that is always seen.
const SLOW: Duration = Duration::from_secs(1);

/// One operation. When it is dropped the operation has ended, one way or another.
pub(super) struct Watch {
    app: Arc<App>,
    transport: Transport,
    since: Instant,
    statements: StatementCount,
    operation: OnceLock<OperationType>,
    viewer: OnceLock<Viewer>,
    code: OnceLock<&'static str>,
}

impl Watch {
    pub(super) fn start(app: &Arc<App>, transport: Transport) -> Self {
        Self {
            app: Arc::clone(app),
            transport,
            since: Instant::now(),
            statements: StatementCount::default(),
            operation: OnceLock::new(),
            viewer: OnceLock::new(),
            code: OnceLock::new(),
        }
    }

    /// It is answered as an event stream.
    pub(super) fn streams(&mut self) {
        self.transport = Transport::EventStream;
    }

    /// What kind of operation it is, if it is known.
    pub(super) fn operation(&self) -> Option<OperationType> {
        self.operation.get().copied()
    }

    /// It is known who asks.
    pub(super) fn asked_by(&self, viewer: &Viewer) {
        let _ = self.viewer.set(viewer.clone());
    }

    /// It is known what kind of operation it is.
    pub(super) fn admitted(&self, operation: OperationType) {
        if self.operation.set(operation).is_ok() && operation == OperationType::Subscription {
            self.app.metrics.subscriptions.inc();
        }
    }

    /// The client is about to be told an answer with this code. The first failure counts.
    pub(super) fn tells(&self, code: Option<&'static str>) {
        if let Some(code) = code {
            let _ = self.code.set(code);
        }
    }

    /// Does what leads to an operation. Unless that fails, how it ends is still to come.
    pub(super) async fn before_it<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let done = self.statements.over(work).await;
        if let Err(refusal) = &done {
            self.counts(refusal);
            let _ = self.code.set(refusal.code.as_str());
        }
        done
    }

    /// Runs the operation.
    pub(super) async fn over<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let (done, has_user_errors) = self.statements.over(UserErrors::noticed(work)).await;
        if let Err(refusal) = &done {
            self.counts(refusal);
        }
        let _ = self.code.set(match &done {
            Err(refusal) => refusal.code.as_str(),
            Ok(_) if has_user_errors => "USER_ERRORS",
            Ok(_) => "OK",
        });
        done
    }

    fn counts(&self, refusal: &Refusal) {
        if let Some(limit) = refusal.limit {
            self.app.metrics.refused(limit);
        }
    }

    fn end(&self) -> OperationEnd {
        let operation = self.operation();
        let lives_on = operation == Some(OperationType::Subscription);
        // Nobody said how it ended: it panicked, or whoever asked is gone, which is how subscriptions end.
        let broken_off = match (std::thread::panicking(), lives_on) {
            (true, _) => Code::Internal.as_str(),
            (false, true) => "OK",
            (false, false) => "CANCELLED",
        };
        OperationEnd {
            transport: self.transport,
            operation: name_of(operation),
            code: self.code.get().copied().unwrap_or(broken_off),
            took: (!lives_on).then(|| self.since.elapsed()),
            statements: self.statements.sent(),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let end = self.end();
        if self.operation.get() == Some(&OperationType::Subscription) {
            self.app.metrics.subscriptions.dec();
        }
        self.app.metrics.ended(&end);
        say(&end, self.since.elapsed(), self.viewer.get());
    }
}

/// What failed or was slow is told as it is; all the rest to those who want to know everything.
fn say(end: &OperationEnd, took: Duration, viewer: Option<&Viewer>) {
    let is_usual = matches!(end.code, "OK" | "USER_ERRORS") && end.took.is_none_or(|took| took < SLOW);
    macro_rules! say {
        ($level:ident) => {
            tracing::$level!(
                operation = end.operation,
                transport = end.transport.name(),
                code = end.code,
                duration_ms = took.as_secs_f64() * 1000.0,
                statements = end.statements,
                caller = viewer.map(name_of_caller).as_deref().unwrap_or("unknown"),
                "an operation ended"
            )
        };
    }
    if is_usual { say!(debug) } else { say!(info) }
}

fn name_of(operation: Option<OperationType>) -> &'static str {
    match operation {
        Some(OperationType::Query) => "query",
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        None => "none",
    }
}

/// Kind and id. Whoever is nobody has an address instead, which is theirs.
fn name_of_caller(viewer: &Viewer) -> String {
    if viewer.is_anonymous() { "anonymous".to_owned() } else { viewer.name() }
}
