//! The ingest writer: everything that phones report goes through the one of their process.
//!
//! What arrived while the last batch was committing is the next batch, without any timer: alone, a report waits for
//! nobody; under load, many share one transaction. This is not a command, because a phone is nobody's user and a batch
//! has many callers. What a batch does to the database is in `batch.rs`.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arvlite_db::models::{DeviceType, TrackingQuality, ViewSession};
use arvlite_db::{DbError, Scope};
use chrono::TimeDelta;
use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::batch::{Answer, Batch, Beacon, Looker, NewView};
use super::{Beat, CountryDatabase, Device, Place, ViewToken, device};
use crate::auth::Caller;
use crate::domain::playback::read::Playback;
use crate::domain::{Checks, Error, ProblemCode, Result};

/// Beacons that may wait. Beyond that a phone is better off asking again.
const QUEUE: usize = 1024;

/// How long failing beacons may hold up the ones behind them.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a phone says when it starts a view.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The code that it scanned.
    pub unique_id: Uuid,
    /// Its own id of the view.
    pub session_id: Uuid,
    /// What kind of device it is.
    pub device_type: Option<DeviceType>,
    /// Its browser or app.
    pub browser: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
    /// How well it follows the photo.
    pub tracking_quality: Option<TrackingQuality>,
    /// How long ago that was: a phone that was offline tells later. The view began then, as it would have if the phone
    /// had been online: it belongs to that day's numbers, and not to the moment at which a shop's network came back.
    pub ago: TimeDelta,
    /// Of whose orders it may be told by a program for somebody else: nothing is read from that program's name and address.
    pub reports_for: Option<Scope>,
}

/// What a phone gets when it starts a view.
#[derive(Debug, Clone)]
pub struct Started {
    /// What to play, or why nothing plays.
    pub playback: Arc<Playback>,
    /// The view; none where nothing plays, because then there is nothing to view.
    pub view: Option<ViewSession>,
    /// What the phone reports with.
    pub token: Option<String>,
}

/// The way to the writer.
pub struct ViewWriter {
    batch: Arc<Batch>,
    /// Beacons in one transaction, at most.
    most: usize,
    countries: Option<Arc<CountryDatabase>>,
    queue: OnceLock<mpsc::Sender<Waiting>>,
}

/// A beacon, and whoever waits for what becomes of it.
struct Waiting {
    beacon: Beacon,
    reply: oneshot::Sender<Result<Answer>>,
}

impl ViewWriter {
    pub(super) fn new(batch: Batch, most: usize, countries: Option<Arc<CountryDatabase>>) -> Self {
        Self { batch: Arc::new(batch), most, countries, queue: OnceLock::new() }
    }

    /// Beacons that wait for their batch now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.get().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// Starts a view. The same start again gives the same answer and starts nothing.
    ///
    /// # Errors
    /// When the session id belongs to another view, what the phone says of itself makes no sense, or the server is
    /// overloaded or out of order.
    pub async fn start(&self, start: Start, caller: &Caller) -> Result<Started> {
        let mut checks = Checks::default();
        let browser = checks.optional_text("browser", start.browser.as_deref(), 100);
        let os = checks.optional_text("os", start.os.as_deref(), 100);
        checks.finish()?;
        let address = caller.address.as_deref().and_then(device::address);
        let place = address.zip(self.countries.as_ref()).map(|(address, countries)| countries.place_of(address));
        let told = Looker {
            device: Device::known(start.device_type, browser.clone(), os.clone(), None),
            address: None,
            place: Place::default(),
        };
        let seen = Looker {
            device: Device::known(start.device_type, browser, os, caller.user_agent.as_deref()),
            address,
            place: place.unwrap_or_default(),
        };
        let view = NewView {
            unique_id: start.unique_id,
            session_id: start.session_id,
            seen,
            told: start.reports_for.map(|scope| (scope, told)),
            tracking_quality: start.tracking_quality.unwrap_or(TrackingQuality::Unknown),
            ago: start.ago,
        };
        match self.send(Beacon::Start(Box::new(view))).await? {
            Answer::Started(playback, view) => {
                let token = view.as_ref().map(|view| ViewToken::of(view).sign(&self.batch.secret));
                Ok(Started { playback, view, token })
            }
            Answer::Beaten(_) => Err(Error::internal(anyhow::anyhow!("a start was answered as a report"))),
        }
    }

    /// Reports on a view, and gives it as it is then.
    ///
    /// # Errors
    /// When the token is not one of ours or too old, or the server is overloaded or out of order.
    pub async fn beat(&self, token: &str, beat: Beat) -> Result<ViewSession> {
        let Some(token) = ViewToken::read(&self.batch.secret, token, self.batch.clock.now()) else {
            return Err(Error::refused(ProblemCode::Invalid, "viewToken", "is not the token of a view, or is too old"));
        };
        self.beat_on(token, beat).await
    }

    /// The same for a view that is known without its token's being shown.
    pub(super) async fn beat_on(&self, token: ViewToken, beat: Beat) -> Result<ViewSession> {
        match self.send(Beacon::Beat(token, beat)).await? {
            Answer::Beaten(view) => Ok(view),
            Answer::Started(..) => Err(Error::internal(anyhow::anyhow!("a report was answered as a start"))),
        }
    }

    async fn send(&self, beacon: Beacon) -> Result<Answer> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.get_or_init(|| {
            let (queue, waiting) = mpsc::channel(QUEUE);
            tokio::spawn(write(Arc::clone(&self.batch), self.most, waiting));
            queue
        });
        queue.try_send(Waiting { beacon, reply }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => Error::Throttled,
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> Error {
    Error::internal(anyhow::anyhow!("the writer of views gave no answer"))
}

/// Takes batch after batch until nobody can send any more.
async fn write(batch: Arc<Batch>, most: usize, mut queue: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(most);
    while queue.recv_many(&mut waiting, most).await > 0 {
        let (beacons, replies): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|Waiting { beacon, reply }| (beacon, reply)).unzip();
        // A mistake of ours in one batch must not silence all phones.
        let Ok(answers) = AssertUnwindSafe(answers(&batch, &beacons)).catch_unwind().await else { continue };
        for (reply, answer) in replies.into_iter().zip(answers) {
            // Whoever does not wait any more will ask again.
            let _ = reply.send(answer);
        }
    }
}

/// Writes beacons together; if that fails, one by one, so that a bad one fails alone.
async fn answers(batch: &Batch, beacons: &[Beacon]) -> Vec<Result<Answer>> {
    let together = batch.write(beacons).await;
    let error = match together {
        Ok(answers) => return answers,
        Err(error) if beacons.len() == 1 || is_down(&error) => return all_failed(beacons, &error),
        Err(error) => error,
    };
    tracing::warn!(?error, beacons = beacons.len(), "a batch of beacons failed and is written one by one");
    let until = Instant::now() + PATIENCE;
    let mut answers = Vec::with_capacity(beacons.len());
    for (place, beacon) in beacons.iter().enumerate() {
        match batch.write(std::slice::from_ref(beacon)).await {
            Err(error) if is_down(&error) || Instant::now() > until => {
                answers.extend(all_failed(&beacons[place..], &error));
                break;
            }
            Err(error) => answers.push(Err(error)),
            Ok(alone) => answers.extend(alone),
        }
    }
    answers
}

fn all_failed(beacons: &[Beacon], error: &Error) -> Vec<Result<Answer>> {
    beacons.iter().map(|_| Err(error.clone())).collect()
}

/// Whether trying again at once would only take the same time again.
fn is_down(error: &Error) -> bool {
    matches!(error, Error::Db(error) if matches!(**error, DbError::Unavailable(_)))
}
