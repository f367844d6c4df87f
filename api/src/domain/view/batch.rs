//! What a batch of beacons does to the database: one transaction of as many statements for one beacon as for a hundred.
//!
//! Two batches, of two processes, never wait for each other in a circle: each stores new views by session id, then
//! locks views by id, and takes the lock of the log last. Counting them is nobody's hurry: see `analytics`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use arvlite_db::models::{
    DeviceType, NewViewEvent, NewViewSession, TrackingQuality, ViewEventKind, ViewSession, ViewSessionStatus,
};
use arvlite_db::{Db, Scope, Tx};
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::beacon::instant;
use super::country::Place;
use super::days::LogDays;
use super::viewer_day::viewer_of_day;
use super::{Beat, Device, ViewToken, fold, network};
use crate::clock::Clock;
use crate::domain::playback::read::{Playback, playbacks_at};
use crate::domain::{Error, ProblemCode, Result};
use crate::monitoring::Metrics;
use crate::secret::SecretKey;

/// What a phone sent.
pub(super) enum Beacon {
    Start(Box<NewView>),
    Beat(ViewToken, Beat),
}

/// A view that a phone wants to start.
pub(super) struct NewView {
    pub(super) unique_id: Uuid,
    pub(super) session_id: Uuid,
    /// What is told and seen of who looks.
    pub(super) seen: Looker,
    /// The same without what is seen of the program that tells it, for the companies that let it.
    pub(super) told: Option<(Scope, Looker)>,
    pub(super) tracking_quality: TrackingQuality,
    /// How long ago it began.
    pub(super) ago: TimeDelta,
}

/// Who looks, as far as it is known.
pub(super) struct Looker {
    pub(super) device: Device,
    /// The whole address: it is never stored.
    pub(super) address: Option<IpAddr>,
    pub(super) place: Place,
}

/// What became of a beacon.
pub(super) enum Answer {
    Started(Arc<Playback>, Option<ViewSession>),
    Beaten(ViewSession),
}

/// Where batches are written.
pub(super) struct Batch {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) secret: SecretKey,
    pub(super) days: Arc<LogDays>,
    pub(super) metrics: Arc<Metrics>,
}

/// What played for each code at the instants at which its views began.
type Playbacks = HashMap<(Uuid, DateTime<Utc>), Arc<Playback>>;

impl Batch {
    /// Writes beacons and gives their answers, in their order. Either all of them are written or none is.
    pub(super) async fn write(&self, beacons: &[Beacon]) -> Result<Vec<Result<Answer>>> {
        let answers = self.transact(beacons).await;
        self.metrics.wrote_beacons(beacons.len(), answers.is_ok());
        answers
    }

    async fn transact(&self, beacons: &[Beacon]) -> Result<Vec<Result<Answer>>> {
        let now = self.clock.now();
        self.days.make(&self.db, now).await?;
        let tx = self.db.begin(Scope::Everything).await?;
        match self.write_in(&tx, beacons, now).await {
            Ok(answers) => {
                tx.commit().await?;
                Ok(answers)
            }
            Err(error) => {
                // What went wrong first says more than a rollback that fails after it.
                let _ = tx.rollback().await;
                Err(error)
            }
        }
    }

    async fn write_in(&self, tx: &Tx, beacons: &[Beacon], now: DateTime<Utc>) -> Result<Vec<Result<Answer>>> {
        let playbacks = playbacks(tx, beacons, now).await?;
        let rows = starts(beacons).filter_map(|start| start.row(&playbacks, &self.secret, now));
        let new: Vec<NewViewSession> = rows.collect();
        let begun = if new.is_empty() { Vec::new() } else { ViewSession::insert_all(tx, &new).await? };
        let mut views = ViewSession::lock_all(tx, &session_ids(beacons)).await?;

        let reported = fold_all(&mut views, beacons, now);
        if !reported.is_empty() {
            let reported: Vec<&ViewSession> = reported.iter().map(|(view, _)| view).collect();
            ViewSession::save_all(tx, &reported).await?;
        }
        let events = begun.into_iter().map(|view| NewViewEvent { kind: ViewEventKind::Started, view_session: view });
        let changed = reported.into_iter().filter(|(_, changed)| *changed).map(|(view, _)| change(view));
        record(tx, events.chain(changed).collect(), now).await?;

        let views: HashMap<Uuid, ViewSession> = views.into_iter().map(|view| (view.session_id, view)).collect();
        Ok(beacons.iter().map(|beacon| answer(beacon, &playbacks, &views, now)).collect())
    }
}

fn starts(beacons: &[Beacon]) -> impl Iterator<Item = &NewView> {
    beacons.iter().filter_map(|beacon| match beacon {
        Beacon::Start(start) => Some(&**start),
        Beacon::Beat(..) => None,
    })
}

async fn playbacks(tx: &Tx, beacons: &[Beacon], now: DateTime<Utc>) -> Result<Playbacks> {
    let asked: Vec<(Uuid, DateTime<Utc>)> = starts(beacons).map(|start| (start.unique_id, start.began(now))).collect();
    if asked.is_empty() {
        return Ok(HashMap::new());
    }
    let playbacks = playbacks_at(tx, &asked).await?;
    Ok(playbacks.into_iter().map(|(asked, playback)| (asked, Arc::new(playback))).collect())
}

impl NewView {
    /// When it began, as the phone says.
    fn began(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        instant(self.ago, now)
    }

    /// The row of the view; none where nothing played.
    fn row(&self, playbacks: &Playbacks, secret: &SecretKey, now: DateTime<Utc>) -> Option<NewViewSession> {
        let began = self.began(now);
        let playback = playbacks.get(&(self.unique_id, began)).filter(|playback| playback.available())?;
        let content = playback.content.as_ref()?;
        // A clock that is off shows nobody a photo before there is one.
        let started_at = began.max(content.created_at.min(now));
        let told = self.told.as_ref().filter(|(companies, _)| companies.holds(content.company_id));
        let Looker { device, address, place } = told.map_or(&self.seen, |(_, told)| told);
        let is_counted = device.device_type != DeviceType::Bot;
        let viewer = || viewer_of_day(secret, started_at, content.company_id, *address, device.user_agent.as_deref());
        Some(NewViewSession {
            company_id: content.company_id,
            project_id: content.project_id,
            ar_content_id: content.id,
            video_id: playback.decision.video,
            session_id: self.session_id,
            source: playback.decision.source,
            device_type: device.device_type,
            browser: device.browser.clone(),
            os: device.os.clone(),
            user_agent: device.user_agent.clone(),
            country: place.country.clone(),
            city: place.city.clone(),
            network: address.map(network),
            viewer: is_counted.then(viewer).flatten(),
            tracking_quality: self.tracking_quality,
            started_at,
            updated_at: now,
        })
    }
}

fn session_ids(beacons: &[Beacon]) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = beacons
        .iter()
        .map(|beacon| match beacon {
            Beacon::Start(start) => start.session_id,
            Beacon::Beat(token, _) => token.session_id,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Applies the reports, and gives the views that they are about, each with whether others see it changed.
fn fold_all(views: &mut [ViewSession], beacons: &[Beacon], now: DateTime<Utc>) -> Vec<(ViewSession, bool)> {
    // By the whole token: one that was signed for another order says nothing of the view that has its session id.
    let mut beats: HashMap<ViewToken, Vec<&Beat>> = HashMap::new();
    for beacon in beacons {
        if let Beacon::Beat(token, beat) = beacon {
            beats.entry(*token).or_default().push(beat);
        }
    }
    let mut reported = Vec::with_capacity(beats.len());
    for view in views {
        if let Some(beats) = beats.remove(&ViewToken::of(view)) {
            let changed = fold(view, beats, now);
            reported.push((view.clone(), changed));
        }
    }
    reported
}

/// The event of a view that changed: it tells how the view stands, so that one that ended never seems to go on.
fn change(view: ViewSession) -> NewViewEvent {
    let kind = match view.status {
        ViewSessionStatus::Active => ViewEventKind::Progressed,
        ViewSessionStatus::Ended => ViewEventKind::Ended,
        ViewSessionStatus::TimedOut => ViewEventKind::TimedOut,
    };
    NewViewEvent { kind, view_session: view }
}

/// Appends to the log: the last thing that a transaction does before it commits.
async fn record(tx: &Tx, events: Vec<NewViewEvent>, now: DateTime<Utc>) -> Result<()> {
    if !events.is_empty() {
        NewViewEvent::append(tx, &events, now).await?;
    }
    Ok(())
}

fn answer(
    beacon: &Beacon,
    playbacks: &Playbacks,
    views: &HashMap<Uuid, ViewSession>,
    now: DateTime<Utc>,
) -> Result<Answer> {
    match beacon {
        Beacon::Start(start) => {
            let playback = playbacks.get(&(start.unique_id, start.began(now))).ok_or(Error::NotFound)?;
            let content = playback.content.as_ref().map(|content| content.id);
            match views.get(&start.session_id) {
                Some(view) if Some(view.ar_content_id) != content => {
                    Err(Error::refused(ProblemCode::Invalid, "sessionId", "belongs to another view"))
                }
                view => Ok(Answer::Started(Arc::clone(playback), view.cloned())),
            }
        }
        Beacon::Beat(token, _) => match views.get(&token.session_id) {
            Some(view) if ViewToken::of(view) == *token => Ok(Answer::Beaten(view.clone())),
            _ => Err(Error::refused(ProblemCode::Invalid, "viewToken", "is the token of no view")),
        },
    }
}

/// Ends views that are silent, through the same door.
pub(super) async fn end_silent(tx: &Tx, mut views: Vec<ViewSession>, now: DateTime<Utc>) -> Result<()> {
    for view in &mut views {
        view.status = ViewSessionStatus::TimedOut;
        // It ended when it was last heard of, whenever that is noticed.
        view.ended_at = Some(view.last_seen_at);
        view.version += 1;
        view.updated_at = now;
    }
    ViewSession::save_all(tx, &views).await?;
    record(tx, views.into_iter().map(change).collect(), now).await
}
