//! `POST /ar/{uniqueId}/view`: what phones say of views without GraphQL, as `navigator.sendBeacon` can, one report or
//! several.
//!
//! A report is `{"type": "start" | "heartbeat" | "end", …}` with the names of `viewSessionStart`, `…Heartbeat` and `…End`:
//! `sessionId` (also instead of `viewToken`, for a view that another report of the same request starts), `deviceType`,
//! `browser`, `os`, `playedSeconds`, `trackingQuality`, `videoPlayed`; and `secondsAgo` from a phone that was offline. One
//! report is answered by a map, a list of them by a list, in their order, as the mutations answer: a report that was
//! refused says so by itself. Whatever is sent again, in whatever order, changes nothing.
//!
//! The media type is that of a text or JSON, so that no browser asks beforehand whether it may.

use std::time::Duration;

use arvlite_db::DbError;
use arvlite_db::models::{DeviceType, TrackingQuality, ViewSessionStatus};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;
use uuid::Uuid;

use super::answer::json;
use super::budget::{Draws, PurseKind};
use super::caller::viewer;
use super::edge::id_of;
use super::graphql::{check_length, read_up_to, refused};
use super::pages::Named;
use super::parameters::checked;
use super::refusal::{Code, Refusal};
use super::{Door, parameters};
use crate::auth::Viewer;
use crate::domain::playback::Reason;
use crate::domain::view::{Beat, HEARTBEAT_SECONDS, Report, Reported, Start, Started};
use crate::domain::{Error, Problem, ProblemCode, Result as Done};
use crate::graphql::UserErrorCode;

/// Reports in one request.
const MOST_REPORTS: usize = 100;
/// Bytes of a request. Browsers send no larger beacon.
const MOST_BYTES: usize = 64 * 1024;
/// What a report costs: as much as the mutation that says the same.
const COST: u64 = 10;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Beacon {
    r#type: Kind,
    session_id: Option<Uuid>,
    view_token: Option<String>,
    device_type: Option<DeviceType>,
    browser: Option<String>,
    os: Option<String>,
    played_seconds: Option<f64>,
    tracking_quality: Option<TrackingQuality>,
    video_played: Option<bool>,
    seconds_ago: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Start,
    Heartbeat,
    End,
}

/// What a phone reads of what became of a report.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ViewSessionStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    view_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heartbeat_seconds: Option<i32>,
    user_errors: Vec<UserError>,
}

#[derive(Debug, Serialize)]
struct UserError {
    code: UserErrorCode,
    field: Vec<String>,
    message: String,
}

/// One report, or several.
enum Sent {
    One(serde_json::Value),
    Several(Vec<serde_json::Value>),
}

/// `POST /ar/{uniqueId}/view`.
pub(super) async fn view(State(door): State<Door>, Named(unique_id): Named, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let taken = match head.method {
        Method::POST => timeout_at(door.deadline(), take(&door, &unique_id, &head, body)).await,
        _ => Ok(Err(Refusal::method("POST", "reports are sent by POST"))),
    };
    match taken.unwrap_or_else(|_| Err(Refusal::timeout())) {
        Ok(answer) => {
            let headers = [(CONTENT_TYPE, "application/json; charset=utf-8"), (CACHE_CONTROL, "no-store")];
            (headers, answer).into_response()
        }
        Err(refusal) => refused(refusal, id_of(&head.extensions)),
    }
}

async fn take(door: &Door, unique_id: &str, head: &Parts, body: Body) -> Result<String, Refusal> {
    let unknown = || Refusal::not_found("there is no photo of this code");
    let unique_id = Uuid::try_parse(unique_id).map_err(|_| unknown())?;
    check_media_type(&head.headers)?;
    let viewer = viewer(head, &door.app).await?;
    check_length(&head.headers, MOST_BYTES)?;
    let sent = Sent::read(&read_up_to(MOST_BYTES, body).await?, door.app.config.limits.json_depth)?;
    let reports = sent.reports();

    let purse = door.budgets.purse(&PurseKind::of(&viewer, true));
    let cost = COST * u64::try_from(reports.len()).unwrap_or(u64::MAX).max(1);
    let _stays_drawn = purse.draw(cost, Draws::All).map_err(too_many)?;

    let mut read: Vec<Result<Report, Told>> =
        reports.iter().map(|report| Beacon::read(report, unique_id, &viewer)).collect();
    let understood = read.iter().filter_map(|report| report.as_ref().ok().cloned()).collect();
    let mut reported = door.app.views.writer.report(understood, &viewer.caller).await.into_iter();
    let mut told = Vec::with_capacity(read.len());
    for report in read.drain(..) {
        told.push(match report {
            Err(told) => told,
            Ok(_) => match reported.next() {
                Some(Ok(Reported::Started(started))) if started.playback.reason() == Some(Reason::NotFound) => {
                    return Err(unknown());
                }
                Some(done) => Told::of(done)?,
                None => return Err(Refusal::internal()),
            },
        });
    }
    Ok(match sent {
        Sent::One(_) => json(&told.first()),
        Sent::Several(_) => json(&told),
    })
}

/// What a browser sends without asking beforehand, and JSON. A form is sent by mistake.
fn check_media_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let told = headers.get(CONTENT_TYPE).and_then(|told| told.to_str().ok()).unwrap_or_default();
    let name = told.split(';').next().unwrap_or_default().trim();
    if ["", "text/plain", "application/json"].iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Ok(());
    }
    let message = "reports are sent as text/plain or application/json";
    Err(Refusal::of_request(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadRequest, message))
}

fn too_many(wait: Duration) -> Refusal {
    Refusal::throttled("too many reports come from here", wait)
}

impl Sent {
    fn read(body: &[u8], most_deep: usize) -> Result<Self, Refusal> {
        let text = checked(body, most_deep)?;
        let read = serde_json::from_str(text).map_err(|error| parameters::unreadable(&error))?;
        match read {
            serde_json::Value::Array(reports) if reports.len() > MOST_REPORTS => {
                Err(Refusal::malformed(format!("at most {MOST_REPORTS} reports come at once")))
            }
            serde_json::Value::Array(reports) => Ok(Self::Several(reports)),
            report => Ok(Self::One(report)),
        }
    }

    fn reports(&self) -> &[serde_json::Value] {
        match self {
            Self::One(report) => std::slice::from_ref(report),
            Self::Several(reports) => reports,
        }
    }
}

impl Beacon {
    /// A report, or what is told of one that says nothing.
    fn read(report: &serde_json::Value, unique_id: Uuid, viewer: &Viewer) -> Result<Report, Told> {
        let invalid = |field: &[&str], message| {
            Told::refused([Problem::new(ProblemCode::Invalid, field.iter().copied(), message)])
        };
        let Ok(beacon) = Self::deserialize(report) else {
            return Err(invalid(&[], "is no report: look at its type and at the types of what it says"));
        };
        beacon.report(unique_id, viewer).map_err(|problem| Told::refused([problem]))
    }

    fn report(self, unique_id: Uuid, viewer: &Viewer) -> Result<Report, Problem> {
        let ago = TimeDelta::milliseconds(milliseconds(self.seconds_ago.unwrap_or_default()));
        if self.r#type == Kind::Start {
            let session_id =
                self.session_id.ok_or_else(|| Problem::new(ProblemCode::Required, ["sessionId"], "must be given"))?;
            return Ok(Report::Start(Start {
                unique_id,
                session_id,
                device_type: self.device_type,
                browser: self.browser,
                os: self.os,
                tracking_quality: self.tracking_quality,
                ago,
                reports_for: viewer.reports_for(),
            }));
        }
        let beat = Beat {
            played_seconds: self.played_seconds.map(whole),
            tracking_quality: self.tracking_quality,
            video_played: self.video_played.unwrap_or(false),
            ended: self.r#type == Kind::End,
            ago,
        };
        Ok(Report::Beat { token: self.view_token, session_id: self.session_id, beat })
    }
}

/// Scripts have no whole numbers. What is beyond all bounds is cut to them, here and by the rules of a view.
#[expect(clippy::cast_possible_truncation, reason = "it saturates")]
fn whole(seconds: f64) -> i32 {
    seconds.round() as i32
}

#[expect(clippy::cast_possible_truncation, reason = "no clock is off by more than a million years")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).clamp(-3e16, 3e16) as i64
}

impl Told {
    fn of(done: Done<Reported>) -> Result<Self, Refusal> {
        match done {
            Ok(Reported::Started(Started { view: Some(view), token, .. })) => Ok(Self {
                session_id: Some(view.session_id),
                status: Some(view.status),
                view_token: token,
                heartbeat_seconds: Some(HEARTBEAT_SECONDS),
                ..Self::default()
            }),
            // Nothing plays, so that there is nothing to view; why, the page has said.
            Ok(Reported::Started(_)) => Ok(Self::default()),
            Ok(Reported::Beaten(view)) => {
                Ok(Self { session_id: Some(view.session_id), status: Some(view.status), ..Self::default() })
            }
            Err(Error::Refused(problems)) => Ok(Self::refused(problems)),
            Err(error) => Err(failed(&error)),
        }
    }

    fn refused(problems: impl IntoIterator<Item = Problem>) -> Self {
        let error =
            |problem: Problem| UserError { code: problem.code.into(), field: problem.field, message: problem.message };
        Self { user_errors: problems.into_iter().map(error).collect(), ..Self::default() }
    }
}

/// Nothing came of it, or not of all: sent again, all of it comes to the same.
fn failed(error: &Error) -> Refusal {
    match error {
        Error::Throttled => Refusal::unavailable(),
        Error::Db(cause) if matches!(**cause, DbError::Unavailable(_) | DbError::Timeout) => {
            tracing::error!(error = ?cause, "reports of phones could not be stored");
            Refusal::unavailable()
        }
        _ => {
            tracing::error!(?error, "reports of phones could not be stored");
            Refusal::internal()
        }
    }
}
