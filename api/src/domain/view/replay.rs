//! Reports that come together: what a phone says that was offline, in whatever order it kept them.

use std::collections::HashMap;

use arvlite_db::models::ViewSession;
use futures_util::future::join_all;
use uuid::Uuid;

use super::{Beat, Start, Started, ViewToken, ViewWriter};
use crate::auth::Caller;
use crate::domain::{Error, ProblemCode, Result};

/// One of several reports.
#[derive(Debug, Clone)]
pub enum Report {
    /// A view begins.
    Start(Start),
    /// A view goes on, or ends.
    Beat {
        /// What its start answered; none if the phone has no answer yet.
        token: Option<String>,
        /// Its id. Without a token it names a view that one of the other reports starts.
        session_id: Option<Uuid>,
        /// What is told of it.
        beat: Beat,
    },
}

/// What became of a report.
#[derive(Debug, Clone)]
pub enum Reported {
    /// The view began, or had begun before, unless nothing plays.
    Started(Started),
    /// The view as it is now.
    Beaten(ViewSession),
}

impl ViewWriter {
    /// Takes reports in any order, and gives what became of each, in theirs. What starts comes first, whatever its place,
    /// since what else is said of a view may stand on its start alone.
    pub async fn report(&self, reports: Vec<Report>, caller: &Caller) -> Vec<Result<Reported>> {
        let starts = reports.iter().map(|report| async move {
            match report {
                Report::Start(start) => Some(self.start(start.clone(), caller).await),
                Report::Beat { .. } => None,
            }
        });
        let started = join_all(starts).await;
        let begun: HashMap<Uuid, ViewToken> = started
            .iter()
            .filter_map(|started| started.as_ref()?.as_ref().ok()?.view.as_ref())
            .map(|view| (view.session_id, ViewToken::of(view)))
            .collect();
        let begun = &begun;
        let told = reports.into_iter().zip(started).map(|(report, started)| async move {
            match (report, started) {
                (Report::Beat { token, session_id, beat }, _) => {
                    self.tell(token, session_id, beat, begun).await.map(Reported::Beaten)
                }
                (Report::Start(_), Some(started)) => started.map(Reported::Started),
                (Report::Start(_), None) => Err(Error::internal(anyhow::anyhow!("a start was not taken"))),
            }
        });
        join_all(told).await
    }

    async fn tell(
        &self,
        token: Option<String>,
        session_id: Option<Uuid>,
        beat: Beat,
        begun: &HashMap<Uuid, ViewToken>,
    ) -> Result<ViewSession> {
        match (token, session_id) {
            (Some(token), _) => self.beat(&token, beat).await,
            (None, Some(session_id)) => {
                let unknown = || {
                    let message = "is of no view that starts here: show its viewToken";
                    Error::refused(ProblemCode::Invalid, "sessionId", message)
                };
                self.beat_on(*begun.get(&session_id).ok_or_else(unknown)?, beat).await
            }
            (None, None) => Err(Error::refused(ProblemCode::Required, "viewToken", "must be given")),
        }
    }
}
